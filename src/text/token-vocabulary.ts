import { CharrnnError, UsageError } from "../errors.ts";

/** A vocabulary of tokens in a checkpoint. The unknown token is null. */
export type TokenVocabularyJson = Readonly<{ unit: "token"; symbols: readonly (string | null)[] }>;

/** The tokens (words, phonemes) that a model knows, in order. The unknown token, if there is one, comes last. */
export class TokenVocabulary {
  readonly symbols: readonly (string | null)[];
  /** The index of the unknown token. */
  readonly unknown: number | undefined;
  readonly #indices: ReadonlyMap<string, number>;

  private constructor(tokens: readonly string[], hasUnknown: boolean) {
    this.symbols = hasUnknown ? [...tokens, null] : tokens;
    this.unknown = hasUnknown ? tokens.length : undefined;
    this.#indices = new Map(tokens.map((token, index) => [token, index]));
  }

  get size(): number {
    return this.symbols.length;
  }

  /**
   * The vocabulary of the tokens in `counts`. Those that occur fewer than `minCount` times become the unknown token.
   * @throws UsageError if `minCount` leaves no token
   */
  static fromCounts(counts: ReadonlyMap<string, number>, minCount: number): TokenVocabulary {
    const kept = [...counts].filter(([, count]) => count >= minCount).map(([token]) => token);
    if (kept.length === 0) {
      throw new UsageError(`--min-count ${minCount} leaves no token of the table; take a lower one`);
    }
    return new TokenVocabulary(inOrder(kept), kept.length < counts.size);
  }

  /** @throws CharrnnError if the JSON is not a list of tokens, each one once */
  static fromJson({ symbols }: { readonly symbols?: unknown }): TokenVocabulary {
    const list: unknown[] = Array.isArray(symbols) ? symbols : [];
    const hasUnknown = list.at(-1) === null;
    const tokens = (hasUnknown ? list.slice(0, -1) : list).filter((token) => typeof token === "string");
    if (
      tokens.length + Number(hasUnknown) < list.length ||
      new Set(tokens).size < tokens.length ||
      tokens.length === 0
    ) {
      throw new CharrnnError(
        "the vocabulary is invalid: it must list each token once, and null only as the last",
      );
    }
    return new TokenVocabulary(tokens, hasUnknown);
  }

  toJSON(): TokenVocabularyJson {
    return { unit: "token", symbols: this.symbols };
  }

  /** This vocabulary with more tokens. */
  grownBy(tokens: Iterable<string>): TokenVocabulary {
    const all = inOrder(new Set([...this.#indices.keys(), ...tokens]));
    return new TokenVocabulary(all, this.unknown !== undefined);
  }

  /** The index of each token of this vocabulary in another one, or undefined if the other does not have it. */
  indicesIn(other: TokenVocabulary): (number | undefined)[] {
    return this.symbols.map((token) => (token === null ? other.unknown : other.indexOf(token)));
  }

  indexOf(token: string): number | undefined {
    return this.#indices.get(token);
  }
}

/** Texts in the order of their code units: the same on every machine. */
export function inOrder(texts: Iterable<string>): string[] {
  return [...texts].sort((one, other) => (one < other ? -1 : Number(one > other)));
}
