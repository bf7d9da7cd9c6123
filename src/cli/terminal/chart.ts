import { type ChalkInstance } from "chalk";
import stringWidth from "string-width";

/** A curve of a chart: its name, and its values from x = 0 on. Values that are not above 0 are not drawn. */
export interface Series {
  readonly name: string;
  /** The character that draws the curve, which tells it apart where there is no colour. */
  readonly marker: string;
  readonly values: readonly number[];
}

export interface ChartOptions {
  readonly colour: ChalkInstance;
  /** The columns and rows of the whole chart (default: 80 and 18). */
  readonly columns?: number | undefined;
  readonly rows?: number;
  /** What x counts, below the axis. */
  readonly xLabel: string;
}

const COLOURS = ["cyan", "yellow", "magenta", "green", "blue", "red"] as const;

/** A chart is at least so wide, and at most: a wider one is not easier to read. */
const NARROWEST = 30;
const WIDEST = 110;
/** Curves that fall by more powers of ten than this are cut off. */
const MOST_DECADES = 45;

/**
 * Draws curves on a logarithmic axis as lines of text, with a legend below. Each curve has a colour and a marker. Where
 * two curves meet, their markers alternate from column to column.
 */
export function logChart(
  series: readonly Series[],
  { colour, columns = 80, rows = 18, xLabel }: ChartOptions,
): string[] {
  const drawn = series.flatMap(({ values }) => values.filter((value) => value > 0 && value < Infinity));
  if (drawn.length === 0) return ["(nothing to draw: all values are 0 or no numbers)"];
  const top = Math.ceil(Math.log10(drawn.reduce((most, value) => Math.max(most, value))));
  const least = Math.log10(drawn.reduce((smallest, value) => Math.min(smallest, value)));
  const bottom = Math.min(top - 1, Math.max(Math.floor(least), top - MOST_DECADES));
  const labels = [top, bottom].map((power) => `1e${power}`);
  const margin = Math.max(...labels.map((label) => label.length)) + 2;
  const width = Math.min(WIDEST, Math.max(NARROWEST, columns - 1)) - margin;
  const height = Math.max(4, rows - 3);
  const length = series.reduce((most, { values }) => Math.max(most, values.length), 0);
  const grid = placesOf(series, { width, height, length, top, bottom });
  const lines = grid.map((cells, row) => {
    const power = top - Math.round((row * (top - bottom)) / (height - 1));
    const isLabelled = row % 3 === 0 || row === height - 1;
    const label = (isLabelled ? `1e${power} ` : "").padStart(margin - 1);
    return `${label}${isLabelled ? "┤" : "│"}${paint(cells, series, colour)}`.trimEnd();
  });
  return [
    ...lines,
    `${" ".repeat(margin - 1)}└${"─".repeat(width)}`,
    `${" ".repeat(margin)}${scale(length, width, xLabel)}`,
    ...legend(series, colour, Math.max(NARROWEST, columns - 1)),
  ];
}

/** For each row and column: the numbers of the curves that pass there. */
function placesOf(
  series: readonly Series[],
  {
    width,
    height,
    length,
    top,
    bottom,
  }: { width: number; height: number; length: number; top: number; bottom: number },
): number[][][] {
  const grid = Array.from({ length: height }, () => Array.from({ length: width }, (): number[] => []));
  series.forEach(({ values }, index) => {
    for (let column = 0; column < width; column++) {
      const value = values.at(Math.round((column * (length - 1)) / (width - 1)));
      if (value === undefined || !(value > 0 && value < Infinity)) continue;
      const row = Math.round(((top - Math.log10(value)) / (top - bottom)) * (height - 1));
      if (row < height) grid[row][column].push(index);
    }
  });
  return grid;
}

function paint(
  cells: readonly (readonly number[])[],
  series: readonly Series[],
  colour: ChalkInstance,
): string {
  return cells
    .map((here, column) => {
      if (here.length === 0) return " ";
      const index = here[column % here.length];
      return inColour(series[index].marker, index, colour);
    })
    .join("");
}

function inColour(text: string, index: number, colour: ChalkInstance): string {
  return colour[COLOURS[index % COLOURS.length]](text);
}

/** The first x, the middle and the last one, with the label. */
function scale(length: number, width: number, label: string): string {
  const middle = String(Math.round((length - 1) / 2));
  const last = `${label} ${length - 1}`;
  const gap = Math.max(1, Math.floor(width / 2) - 1);
  return `${`0`.padEnd(gap)}${middle}`.padEnd(width - last.length) + last;
}

function legend(series: readonly Series[], colour: ChalkInstance, columns: number): string[] {
  const lines: string[] = [];
  let used = 0;
  for (const [index, { name, marker }] of series.entries()) {
    const length = stringWidth(`${marker} ${name}`);
    const entry = `${inColour(marker, index, colour)} ${name}`;
    if (lines.length > 0 && used + 3 + length <= columns) {
      lines[lines.length - 1] += `   ${entry}`;
      used += 3 + length;
    } else {
      lines.push(entry);
      used = length;
    }
  }
  return lines;
}
