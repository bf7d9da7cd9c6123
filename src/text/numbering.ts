import { Skipped } from "./skipped.ts";
import { utf8Length } from "./utf8.ts";
import { type Unit } from "./symbol-table.ts";
import { type Vocabulary } from "./vocabulary.ts";

/** One more than the largest code point. */
const CODE_POINT_LIMIT = 0x110000;
const UNSEEN = -1;

/**
 * Gives a number to each code point (or byte) of a text that comes in pieces: its index in the given vocabulary.
 * Without a vocabulary, code points are numbered in the order in which they first appear.
 */
export class Numbering {
  readonly #numbers: Int32Array;
  /** How often each number was given. These are doubles because a corpus may have more than 2^32 symbols. */
  readonly #counts: Float64Array;
  readonly #unit: Unit;
  readonly #vocabulary: Vocabulary | undefined;
  /** The code point of each number, if there is no vocabulary. */
  readonly #codes: number[] = [];
  /** How many symbols have been numbered so far. */
  #kept = 0;
  /** The symbols that were left out because they are outside the vocabulary. */
  readonly skipped = new Skipped();
  /** The bytes of the skipped symbols. */
  skippedBytes = 0;
  /** How often each skipped symbol occurred, by its code, in the order of first occurrence. */
  readonly skippedCounts = new Map<number, number>();

  constructor(unit: Unit, vocabulary: Vocabulary | undefined) {
    const limit = unit === "char" ? CODE_POINT_LIMIT : 256;
    this.#unit = unit;
    this.#vocabulary = vocabulary;
    this.#numbers = new Int32Array(limit).fill(UNSEEN);
    this.#counts = new Float64Array(limit);
  }

  /** How many different numbers there are. */
  get size(): number {
    return this.#vocabulary?.size ?? this.#codes.length;
  }

  /**
   * Replaces code points by their numbers, in place. Skipped code points leave no gap. Returns how many numbers were
   * written.
   */
  apply(codes: Uint32Array): number {
    const numbers = this.#numbers;
    const counts = this.#counts;
    let kept = 0;
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i];
      let number = numbers[code];
      if (number === UNSEEN) {
        number = this.#introduce(code);
        if (number === UNSEEN) {
          this.#skip(code, this.#kept + kept);
          continue;
        }
      }
      counts[number]++;
      codes[kept++] = number;
    }
    this.#kept += kept;
    return kept;
  }

  /** How often each code point occurred. Empty if a vocabulary was given. */
  countsByCode(): Map<number, number> {
    return new Map(this.#codes.map((code, number) => [code, this.#counts[number]]));
  }

  /** How many of the numbered symbols are outside `vocabulary`: they are, or will be, its unknown symbol. */
  unknownIn(vocabulary: Vocabulary): number {
    if (this.#vocabulary) return vocabulary.unknown === undefined ? 0 : this.#counts[vocabulary.unknown];
    let unknown = 0;
    for (const [code, count] of this.countsByCode()) {
      if (vocabulary.indexOf(code) === undefined) unknown += count;
    }
    return unknown;
  }

  /** For each number: the index in `vocabulary` of the same code point, or else of the unknown symbol. */
  renumberingTo(vocabulary: Vocabulary): Uint32Array {
    return Uint32Array.from(this.#codes, (code) => vocabulary.indexOf(code) ?? vocabulary.unknown ?? 0);
  }

  #introduce(code: number): number {
    const number = this.#vocabulary
      ? (this.#vocabulary.indexOf(code) ?? this.#vocabulary.unknown)
      : this.#codes.push(code) - 1;
    if (number === undefined) return UNSEEN;
    this.#numbers[code] = number;
    return number;
  }

  #skip(code: number, kept: number): void {
    this.skippedCounts.set(code, (this.skippedCounts.get(code) ?? 0) + 1);
    this.skipped.add(kept);
    this.skippedBytes += this.#unit === "char" ? utf8Length(code) : 1;
  }
}
