import { CharrnnError, UsageError } from "../errors.ts";
import { REPLACEMENT } from "./decoder.ts";
import { type Symbols } from "./symbols.ts";
import { AS_IT_IS, formFromJson, formToJson, inForm, type TextForm, type TextFormJson } from "./text-form.ts";
import { LINE_END, Tokenizer } from "./tokens.ts";
import { type OnUnknown, type Sequence } from "./vocabulary.ts";

/** A vocabulary of tokens in a checkpoint. The unknown token is null. */
export type TokenVocabularyJson = Readonly<{ unit: "token"; symbols: readonly (string | null)[] }> &
  TextFormJson;

/** Pieces of text have about this many characters. */
const LONGEST_PIECE = 2 ** 16;

/** The tokens (words, phonemes) that a model knows, in order. The unknown token, if there is one, comes last. */
export class TokenVocabulary {
  readonly symbols: readonly (string | null)[];
  /** The index of the unknown token. */
  readonly unknown: number | undefined;
  /** What is done to a text before it is split into tokens. */
  readonly form: TextForm;
  readonly #indices: ReadonlyMap<string, number>;

  private constructor(tokens: readonly string[], hasUnknown: boolean, form = AS_IT_IS) {
    this.form = form;
    this.symbols = hasUnknown ? [...tokens, null] : tokens;
    this.unknown = hasUnknown ? tokens.length : undefined;
    this.#indices = new Map(tokens.map((token, index) => [token, index]));
  }

  get size(): number {
    return this.symbols.length;
  }

  /**
   * The vocabulary of the tokens in `counts`. Tokens that occur fewer than `minCount` times become the unknown token.
   * @throws UsageError if `minCount` leaves no token
   */
  static fromCounts(counts: ReadonlyMap<string, number>, minCount: number): TokenVocabulary {
    const kept = [...counts].filter(([, count]) => count >= minCount).map(([token]) => token);
    if (kept.length === 0) {
      throw new UsageError(`--min-count ${minCount} leaves no token of the data; give a smaller number`);
    }
    return new TokenVocabulary(inOrder(kept), kept.length < counts.size);
  }

  /** @throws CharrnnError if the JSON is not a list of tokens, each one once */
  static fromJson({ symbols, ...json }: { readonly symbols?: unknown }): TokenVocabulary {
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
    return new TokenVocabulary(tokens, hasUnknown, formFromJson(json));
  }

  /** The vocabulary with another form for its texts. */
  inForm(form: TextForm): TokenVocabulary {
    if (form.newlines === this.form.newlines && form.normalize === this.form.normalize) return this;
    return new TokenVocabulary([...this.#indices.keys()], this.unknown !== undefined, form);
  }

  toJSON(): TokenVocabularyJson {
    return { unit: "token", symbols: this.symbols, ...formToJson(this.form) };
  }

  /** This vocabulary with more tokens. */
  grownBy(tokens: Iterable<string>): TokenVocabulary {
    const all = inOrder(new Set([...this.#indices.keys(), ...tokens]));
    return new TokenVocabulary(all, this.unknown !== undefined, this.form);
  }

  /** The index of each token of this vocabulary in another one, or undefined if the other does not have it. */
  indicesIn(other: TokenVocabulary): (number | undefined)[] {
    return this.symbols.map((token) => (token === null ? other.unknown : other.indexOf(token)));
  }

  indexOf(token: string): number | undefined {
    return this.#indices.get(token);
  }

  /**
   * The indices of a short text (a prime, for example), split as a corpus is. A token outside the vocabulary becomes the
   * unknown token. If there is no unknown token, "error" throws and "skip" leaves the token out.
   * @throws CharrnnError that names the first token outside the vocabulary
   */
  encode(codes: Iterable<number>, onUnknown: OnUnknown, source: string): Int32Array {
    const indices: number[] = [];
    const tokenizer = new Tokenizer((token) => {
      const index = this.indexOf(token) ?? this.unknown;
      if (index !== undefined) indices.push(index);
      else if (onUnknown === "error") {
        throw new CharrnnError(
          `${source} has the token ${JSON.stringify(token)}, which the model does not know: take it out, or skip it with --unknown skip`,
        );
      }
    });
    tokenizer.read(inForm(Uint32Array.from(codes), this.form));
    tokenizer.end();
    return Int32Array.from(indices);
  }

  /** How often each token outside the vocabulary occurs in a short text. */
  outsideIn(codes: Iterable<number>): Map<string, number> {
    const counts = new Map<string, number>();
    const tokenizer = new Tokenizer((token) => {
      if (this.indexOf(token) === undefined) counts.set(token, (counts.get(token) ?? 0) + 1);
    });
    tokenizer.read(inForm(Uint32Array.from(codes), this.form));
    tokenizer.end();
    return counts;
  }

  /** The index of the token that ends a line, if the vocabulary has it. */
  get lineFeed(): number | undefined {
    return this.indexOf(LINE_END);
  }

  /**
   * A token as it is written after the token `previous` (undefined: after nothing). One space separates two tokens, but
   * no space stands beside a line end. An index outside the vocabulary, such as the end of a document, is written as
   * nothing.
   */
  spell(index: number, previous: number | undefined): string {
    const token = this.symbols.at(index);
    if (token === undefined) return "";
    const before = previous === undefined ? undefined : this.symbols.at(previous);
    const isApart = before !== undefined && before !== LINE_END && token !== LINE_END;
    return `${isApart ? " " : ""}${token ?? REPLACEMENT}`;
  }

  /** The text of a sequence of tokens. */
  decode(indices: Sequence): string {
    return [...this.#spelled(indices)].join("");
  }

  /** How many characters the text of these tokens has. */
  characterLength(indices: Sequence): number {
    return this.#sum(indices, (token) => Array.from(token).length);
  }

  /** How many bytes of UTF-8 the text of these tokens has. */
  byteLength(indices: Sequence): number {
    return this.#sum(indices, (token) => Buffer.byteLength(token));
  }

  /** The text of tokens in UTF-8, in pieces. */
  *bytes(text: Symbols): Generator<Uint8Array> {
    const encoder = new TextEncoder();
    let piece = "";
    for (const token of this.#spelled(text)) {
      piece += token;
      if (piece.length < LONGEST_PIECE) continue;
      yield encoder.encode(piece);
      piece = "";
    }
    yield encoder.encode(piece);
  }

  #sum(indices: Sequence, lengthOf: (token: string) => number): number {
    let sum = 0;
    for (const token of this.#spelled(indices)) sum += lengthOf(token);
    return sum;
  }

  *#spelled(indices: Sequence): Generator<string> {
    for (let i = 0; i < indices.length; i++) {
      yield this.spell(indices.at(i) ?? 0, i === 0 ? undefined : indices.at(i - 1));
    }
  }
}

/** Texts in the order of their code units: the same on every machine. */
export function inOrder(texts: Iterable<string>): string[] {
  return [...texts].sort((one, other) => (one < other ? -1 : Number(one > other)));
}
