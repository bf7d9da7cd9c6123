const NUMBER = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$/;

/**
 * The number that a cell holds, or undefined if the cell is no decimal number ("", "NaN", "0x10" and "1,5") or its
 * number is too large for a float64. Spaces around the number are allowed.
 */
export function numberOf(text: string): number | undefined {
  if (!NUMBER.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}
