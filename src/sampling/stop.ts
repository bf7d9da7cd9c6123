import { parseText } from "../arguments.ts";

/**
 * Finds the end of the stop text in a text that comes in pieces, which may cut it anywhere (Knuth, Morris and
 * Pratt 1977: one look at each UTF-16 unit, whatever the overlaps). An empty stop text is a UsageError.
 */
export class StopText {
  readonly #text: string;
  /** `#borders[n]`: the longest proper prefix of the first n units of the stop text that also ends them. */
  readonly #borders: number[] = [0, 0];
  /** How many units of the stop text the text so far ends with. */
  #matched = 0;

  constructor(text: string) {
    this.#text = parseText(text, "stop");
    for (let n = 1; n < text.length; n++) {
      this.#borders.push(this.#extend(this.#borders[n], text[n]));
    }
  }

  /** The number of units of `piece` up to the end of the stop text, or undefined if it does not end in it. */
  feed(piece: string): number | undefined {
    for (let i = 0; i < piece.length; i++) {
      if (this.#matched === this.#text.length) this.#matched = this.#borders[this.#matched];
      this.#matched = this.#extend(this.#matched, piece[i]);
      if (this.#matched === this.#text.length) return i + 1;
    }
    return undefined;
  }

  /** How much of the stop text is matched once `unit` follows `matched` units of it. */
  #extend(matched: number, unit: string): number {
    while (matched > 0 && this.#text[matched] !== unit) matched = this.#borders[matched];
    return this.#text[matched] === unit ? matched + 1 : 0;
  }
}
