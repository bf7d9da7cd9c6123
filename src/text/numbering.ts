import { Skipped } from "./skipped.ts";
import { utf8Length } from "./utf8.ts";
import { type Unit } from "./symbol-table.ts";
import { type Vocabulary } from "./vocabulary.ts";

/** One more than the largest code point. */
const codePointLimit = 0x110000;
const unseen = -1;

/**
 * Gives each code point (or byte) of a text that streams by its number: the index in a given vocabulary, or,
 * where there is none yet, its rank by first appearance.
 */
export class Numbering {
  private readonly numbers: Int32Array;
  /** How often each number was given; as doubles, for a corpus may have more than 2^32 symbols. */
  private readonly counts: Float64Array;
  private readonly unit: Unit;
  private readonly vocabulary: Vocabulary | undefined;
  /** The code point of each number, where there is no vocabulary. */
  private readonly codes: number[] = [];
  /** Symbols numbered so far. */
  private kept = 0;
  /** Symbols left out because they are outside the vocabulary, and the bytes they had. */
  readonly skipped = new Skipped();
  skippedBytes = 0;
  /** The first of them. */
  firstSkipped: number | undefined;

  constructor(unit: Unit, vocabulary: Vocabulary | undefined) {
    const limit = unit === "char" ? codePointLimit : 256;
    this.unit = unit;
    this.vocabulary = vocabulary;
    this.numbers = new Int32Array(limit).fill(unseen);
    this.counts = new Float64Array(limit);
  }

  /** How many numbers there are. */
  get size(): number {
    return this.vocabulary?.size ?? this.codes.length;
  }

  /**
   * Replaces code points by their numbers, in place, closing the gaps of those skipped, and returns how many
   * are left. With `stopAtSkipped` it returns at the first that would be skipped.
   */
  apply(codes: Uint32Array, stopAtSkipped: boolean): number {
    const { numbers, counts } = this;
    let kept = 0;
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i];
      let number = numbers[code];
      if (number === unseen) {
        number = this.introduce(code);
        if (number === unseen) {
          this.skip(code, this.kept + kept);
          if (stopAtSkipped) break;
          continue;
        }
      }
      counts[number]++;
      codes[kept++] = number;
    }
    this.kept += kept;
    return kept;
  }

  /** How often each code point was seen; only without a given vocabulary. */
  countsByCode(): Map<number, number> {
    return new Map(this.codes.map((code, number) => [code, this.counts[number]]));
  }

  /** For each number of this numbering, the index of the same code point in `vocabulary`, or its unknown symbol. */
  renumberingTo(vocabulary: Vocabulary): Uint32Array {
    return Uint32Array.from(this.codes, (code) => vocabulary.indexOf(code) ?? vocabulary.unknown ?? 0);
  }

  private introduce(code: number): number {
    const number = this.vocabulary
      ? (this.vocabulary.indexOf(code) ?? this.vocabulary.unknown)
      : this.codes.push(code) - 1;
    if (number === undefined) return unseen;
    this.numbers[code] = number;
    return number;
  }

  private skip(code: number, kept: number): void {
    this.firstSkipped ??= code;
    this.skipped.add(kept);
    this.skippedBytes += this.unit === "char" ? utf8Length(code) : 1;
  }
}
