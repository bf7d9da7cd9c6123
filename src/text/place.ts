import { CharrnnError } from "../errors.ts";
import { type Unit } from "./symbol-table.ts";

/** A position in a text. `offset` counts symbols from 0; `line` and `column` count from 1. Lines end in LF. */
export interface Place {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** The place of position `end` in the text that begins at `start`. `newline`: the index of LF, if there is one. */
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

/** The error for a symbol of `source` that the model does not know. `maySkip`: whether the user can skip it. */
export function outsideVocabulary(
  unit: Unit,
  code: number,
  { offset, line, column }: Place,
  source: string,
  maySkip: boolean,
): CharrnnError {
  const where = `at offset ${offset} (line ${line}, column ${column}) of ${source}`;
  const remedy = maySkip ? "take it out, or skip it with --unknown skip" : "take it out";
  return new CharrnnError(`${nameOf(unit, code)} ${where} is not in the model's vocabulary; ${remedy}`);
}

function nameOf(unit: Unit, code: number): string {
  if (unit === "byte") return `byte 0x${code.toString(16).padStart(2, "0")}`;
  const character = String.fromCodePoint(code);
  const codePoint = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  // Controls, spaces, marks and half surrogates would break the line or be invisible.
  return /[\p{C}\p{Z}\p{M}]/u.test(character) ? codePoint : `"${character}" (${codePoint})`;
}
