/** A text with a digit below each character. ¶ stands for a line end. */
export interface Drawing {
  readonly text: string;
  readonly digits: string;
}

/** Reads a drawing: after each |, a line of text, and then a line of digits. */
export function drawing(lines: string): Drawing {
  const drawn = lines.split("\n").flatMap((line) => {
    const bar = line.indexOf("|");
    return bar < 0 ? [] : [line.slice(bar + 1)];
  });
  const every = (parity: number) => drawn.filter((_, index) => index % 2 === parity).join("");
  return { text: every(0).replaceAll("¶", "\n"), digits: every(1) };
}

/** Values from 0 to 9 as one string. */
export function digitsOf(values: Float32Array): string {
  return Array.from(values, String).join("");
}
