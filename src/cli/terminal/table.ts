import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";

const graphemes = new Intl.Segmenter();

/** Text cut to `columns` columns of a terminal. Text that was cut ends with an ellipsis. */
export function truncate(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  if (columns < 1) return "";
  let kept = "";
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    width += stringWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

export interface TableOptions {
  /** Indices of the columns whose cells are right-aligned: columns of numbers. */
  right?: readonly number[];
  /** Columns of the terminal. Longer lines are cut. */
  width?: number | undefined;
}

/** Rows of cells as lines of aligned columns, two spaces apart. Widths are counted in columns of a terminal. */
export function table(rows: readonly (readonly string[])[], options: TableOptions = {}): string[] {
  const { right = [], width = Infinity } = options;
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, stringWidth(cell))));
  }
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const padding = " ".repeat((widths[column] ?? 0) - stringWidth(cell));
      return right.includes(column) ? padding + cell : cell + padding;
    });
    return truncate(cells.join("  ").trimEnd(), width);
  });
}

/** A value is never wrapped to fewer columns than this. */
const NARROWEST_VALUE = 20;

/** Names and values in two columns. A value that is too wide is wrapped at words, and stays in its column. */
export function facts(
  rows: readonly (readonly [name: string, value: string])[],
  columns = Infinity,
): string[] {
  const indent = Math.max(...rows.map(([name]) => stringWidth(name))) + 2;
  const wrapped = rows.flatMap(([name, value]) =>
    wrap(value, Math.max(columns - indent, NARROWEST_VALUE))
      .split("\n")
      .map((line, index) => [index === 0 ? name : "", line]),
  );
  return table(wrapped);
}

/** Text wrapped between words to lines of at most `columns` columns. A longer word stays whole. */
export function wrap(text: string, columns = Infinity): string {
  return columns === Infinity ? text : wrapAnsi(text, columns, { hard: false, trim: true });
}
