import { type ChartData, type LineData } from "../../chart-data.ts";

/** Labels at the ends of lines are at least this far apart, in pixels. */
const DISTANCE = 15;

/** Moves labels apart that would overlap, and keeps their order. `y` is in pixels, and `bottom` its greatest value. */
export function spread<Label extends { readonly y: number }>(
  labels: readonly Label[],
  bottom: number,
): Label[] {
  const placed: Label[] = [];
  for (const label of labels.toSorted((a, b) => a.y - b.y)) {
    const above = placed.at(-1)?.y ?? -Infinity;
    placed.push({ ...label, y: Math.max(label.y, above + DISTANCE) });
  }
  let limit = bottom;
  for (let index = placed.length - 1; index >= 0; index--) {
    placed[index] = { ...placed[index], y: Math.min(placed[index].y, limit) };
    limit = placed[index].y - DISTANCE;
  }
  return placed;
}

/**
 * The label at the end of a line: what distinguishes the line from the others, and the value where the line ends. The name
 * is cut if the label is longer than so many characters.
 */
export function labelOf(
  { series, quantity, decimals }: LineData,
  value: number,
  { lines }: ChartData,
  characters: number,
): string {
  const name = hasOneSeries(lines) ? (lines.length === 1 ? "" : quantity.replace(/ loss$/, "")) : series;
  const told = shortValue(value, decimals);
  const room = Math.max(1, characters - told.length - 1);
  return `${name.length > room ? `${name.slice(0, room - 1)}…` : name} ${told}`.trim();
}

/** Whether a line has a label: of several series, only the lines in front have one. */
export function isLabelled({ faint, curve }: LineData, { lines }: ChartData): boolean {
  return curve.values.length > 0 && (hasOneSeries(lines) || faint !== true);
}

export function hasOneSeries(lines: readonly LineData[]): boolean {
  return new Set(lines.map(({ series }) => series)).size === 1;
}

/** A number for an axis: 0.002, 1.5, 20k. */
export function shortNumber(value: number): string {
  if (Math.abs(value) >= 10_000) return `${Number((value / 1000).toPrecision(3))}k`;
  return String(Number(value.toPrecision(3)));
}

/** A value with so many decimals, without zeros at its end. */
export function shortValue(value: number, decimals: number): string {
  return String(Number(value.toFixed(decimals)));
}
