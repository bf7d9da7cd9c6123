import { CharrnnError } from "../errors.ts";
import { type Unit } from "./symbol-table.ts";

/** Where a symbol stands in a text: `offset` in symbols from 0; line and column from 1, lines ending in LF. */
export interface Place {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** The place of position `end` in the text that begins at `start`; `newline` is the index of LF, if it has one. */
export function placeOf(
  symbols: { at(index: number): number | undefined },
  start: number,
  end: number,
  newline: number | undefined,
): Place {
  let line = 1;
  let lineStart = start;
  for (let i = start; i < end; i++) {
    if (symbols.at(i) !== newline) continue;
    line++;
    lineStart = i + 1;
  }
  return { offset: end - start, line, column: end - lineStart + 1 };
}

/** The error for a symbol of `source` that the model does not know; `mayGoOn` where the reader could do without it. */
export function outsideVocabulary(
  unit: Unit,
  code: number,
  { offset, line, column }: Place,
  source: string,
  mayGoOn: boolean,
): CharrnnError {
  const where = `at offset ${offset} (line ${line}, column ${column}) of ${source}`;
  const remedy = mayGoOn ? "take it out, or go on without it by --unknown skip" : "take it out";
  return new CharrnnError(`${nameOf(unit, code)} ${where} is not in the model's vocabulary; ${remedy}`);
}

function nameOf(unit: Unit, code: number): string {
  if (unit === "byte") return `byte 0x${code.toString(16).padStart(2, "0")}`;
  const character = String.fromCodePoint(code);
  const codePoint = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  // Controls, spaces, marks and half surrogates would disfigure the line or not be seen.
  return /[\p{C}\p{Z}\p{M}]/u.test(character) ? codePoint : `"${character}" (${codePoint})`;
}
