import { parseText } from "../arguments.ts";

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
