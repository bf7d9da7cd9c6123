import { CharrnnError } from "../errors.ts";
import { characterName } from "./character-names.ts";
import { type Unit } from "./symbol-table.ts";
import { type NormalForm } from "./unicode-form.ts";

/** A position in a text. `offset` counts symbols from 0; `line` and `column` count from 1. Lines end in LF. */
export interface Place {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** The place of position `end` in the text that begins at `start`. `newline` is the index of LF, if there is one. */
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

/** An error message lists at most this many different symbols. */
const MOST_LISTED = 20;

/**
 * The error for symbols that the model does not know. `counts` says how often each symbol occurs in `source`, and
 * `place` is the place of the first one. `mayGrow`: whether the user can add the symbols to the vocabulary. `form`: the
 * Unicode form in which the model would know the symbols.
 */
export function outsideVocabulary(
  unit: Unit,
  counts: ReadonlyMap<number, number>,
  { offset, line, column }: Place,
  source: string,
  mayGrow: boolean,
  form?: NormalForm,
): CharrnnError {
  // In the first line the column says no more than the offset.
  const inLine = line === 1 ? "" : ` (line ${line}, column ${column})`;
  const where = `at offset ${offset}${inLine} of ${source}`;
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const it = total === 1 ? "it" : "them";
  const converted =
    form === undefined ? "" : `${inAnotherForm(form)}: convert ${source} to ${form.toUpperCase()}, or `;
  const remedy = `${converted}${remedyFor(it, mayGrow)}`;
  if (total === 1) {
    const [code] = counts.keys();
    return new CharrnnError(`${nameOf(unit, code)} ${where} is not in the model's vocabulary; ${remedy}`);
  }
  return new CharrnnError(
    `${total} ${unit === "byte" ? "bytes" : "characters"} are not in the model's vocabulary: ` +
      `${describeCounts(unit, counts)}; the first is ${where}; ${remedy}`,
  );
}

/** Says that a text is in another Unicode form than that of the model, which is `form`. */
export function inAnotherForm(form: NormalForm): string {
  const other = form === "nfc" ? "NFD" : "NFC";
  return `the text is in the Unicode form ${other}, and the model knows ${form.toUpperCase()}`;
}

function remedyFor(it: string, mayGrow: boolean): string {
  return mayGrow
    ? `remove ${it}, skip ${it} with --unknown skip, or add ${it} to the vocabulary with --unknown grow`
    : `remove ${it}, or skip ${it} with --unknown skip`;
}

/** Names symbols and how often each one occurs, the most frequent first: `"é" (U+00E9) 3 times, "x" (U+0078) once`. */
export function describeCounts(unit: Unit, counts: ReadonlyMap<number, number>): string {
  const listed = [...counts].sort(([, one], [, other]) => other - one).slice(0, MOST_LISTED);
  const names = listed.map(
    ([code, count]) => `${nameOf(unit, code)} ${count === 1 ? "once" : `${count} times`}`,
  );
  if (counts.size > MOST_LISTED) names.push(`and ${counts.size - MOST_LISTED} others`);
  return names.join(", ");
}

/** A symbol in words: `"é" (U+00E9)`, `U+000A (newline)`, `byte 0x0a`. */
export function nameOf(unit: Unit, code: number): string {
  if (unit === "byte") return `byte 0x${code.toString(16).padStart(2, "0")}`;
  const character = String.fromCodePoint(code);
  const codePoint = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  // Controls, spaces, marks and half surrogates would break the line or be invisible.
  if (!/[\p{C}\p{Z}\p{M}]/u.test(character)) return `"${character}" (${codePoint})`;
  const name = characterName(code);
  return name === undefined ? codePoint : `${codePoint} (${name})`;
}
