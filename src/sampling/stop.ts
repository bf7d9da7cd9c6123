import { parseText } from "../arguments.ts";
import { CharrnnError } from "../errors.ts";
import { nameOf } from "../text/place.ts";
import { type TextVocabulary } from "../text/text-vocabulary.ts";
import { TokenVocabulary } from "../text/token-vocabulary.ts";
import { lineEndOf } from "./line-end.ts";
import { spellingOf } from "./output.ts";

/** What ends a sample. */
export interface StopOptions {
  /** The sample ends once it contains this text, which stays in it. A byte model compares its bytes in UTF-8. */
  stop?: string | Uint8Array | undefined;
  /** Whether the sample ends at its first line end, which stays in it. */
  stopLine?: boolean | undefined;
}

/**
 * The stop texts of a model, as its samples are spelled. In a stop text, a line feed also stands for CR LF if the model
 * knows both.
 * @throws UsageError if the stop text is empty
 * @throws CharrnnError if it has a symbol that the model never draws, or the model knows no line end
 */
export function stopTexts({ stop, stopLine = false }: StopOptions, vocabulary: TextVocabulary): string[] {
  const texts = [...(stop === undefined ? [] : spellingsOf(stop, vocabulary))];
  if (stopLine) {
    const end = lineEndOf({}, vocabulary);
    if (end === undefined) throw new CharrnnError("the model never draws a line end: leave out --stop-line");
    texts.push(end.slice(-1));
  }
  return texts;
}

const CARRIAGE_RETURN = 0x0d;

function spellingsOf(given: string | Uint8Array, vocabulary: TextVocabulary): string[] {
  const text = typeof given === "string" ? parseText(given, "stop") : given;
  if (vocabulary instanceof TokenVocabulary) {
    const stop = typeof text === "string" ? text : new TextDecoder().decode(text);
    requireDrawable(stop, new Set(["\n", " ", ...Array.from(vocabulary.symbols.join(""))]));
    return [stop];
  }
  const outside = vocabulary.outsideIn(text, "the stop text");
  if (outside.size > 0) {
    const [code] = outside.keys();
    throw neverDrawn(nameOf(vocabulary.unit, code), typeof text === "string" && text.includes("\\"));
  }
  const spelled =
    vocabulary.unit === "byte"
      ? spellingOf(typeof text === "string" ? new TextEncoder().encode(text) : text)
      : vocabulary.decode(vocabulary.encode(text, "error", "the stop text"));
  const knowsReturns = vocabulary.indexOf(CARRIAGE_RETURN) !== undefined;
  return [...new Set([spelled, ...(knowsReturns ? [spelled.replace(/\r?\n/g, "\r\n")] : [])])];
}

/** @throws CharrnnError if a character of the stop text is in no token */
function requireDrawable(stop: string, known: ReadonlySet<string>): void {
  for (const character of stop) {
    if (known.has(character)) continue;
    throw neverDrawn(nameOf("char", character.codePointAt(0) ?? 0), stop.includes("\\"));
  }
}

function neverDrawn(symbol: string, hasBackslash: boolean): CharrnnError {
  const hint = hasBackslash ? ", or read \\n as a line end with --escapes" : "";
  return new CharrnnError(
    `the model never draws ${symbol}, which the stop text has: give another --stop${hint}`,
  );
}

/**
 * Finds the end of the stop text in a text that comes in pieces. The stop text may be spread over several pieces. The
 * algorithm of Knuth, Morris and Pratt (1977) looks at each UTF-16 unit once, even if the stop text overlaps itself.
 */
export class StopText {
  readonly #text: string;
  /** `#borders[n]`: of the stop text's first n units, the length of the longest proper prefix that is also a suffix. */
  readonly #borders: number[] = [0, 0];
  /** How many units of the stop text's beginning are now at the end of the text. */
  #matched = 0;

  /** @throws UsageError if the stop text is empty */
  constructor(text: string) {
    this.#text = parseText(text, "stop");
    for (let n = 1; n < text.length; n++) {
      this.#borders.push(this.#extend(this.#borders[n], text[n]));
    }
  }

  /** The number of units of `piece` up to the end of the stop text; undefined if the stop text does not end there. */
  feed(piece: string): number | undefined {
    for (let i = 0; i < piece.length; i++) {
      if (this.#matched === this.#text.length) this.#matched = this.#borders[this.#matched];
      this.#matched = this.#extend(this.#matched, piece[i]);
      if (this.#matched === this.#text.length) return i + 1;
    }
    return undefined;
  }

  /** How many units of the stop text match after `unit`, if `matched` units matched before it. */
  #extend(matched: number, unit: string): number {
    while (matched > 0 && this.#text[matched] !== unit) matched = this.#borders[matched];
    return this.#text[matched] === unit ? matched + 1 : 0;
  }
}
