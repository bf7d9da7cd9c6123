import { CharrnnError } from "../errors.ts";
import { type Corpus, type CorpusOptions } from "./corpus.ts";
import { Skipped } from "./skipped.ts";
import { some } from "./sources.ts";
import { SymbolWriter } from "./symbol-writer.ts";
import { symbolWidth } from "./symbols.ts";
import { AS_IT_IS } from "./text-form.ts";
import { readFiles, type TextSink } from "./text-reader.ts";
import { LINE_END, Tokenizer } from "./tokens.ts";
import { TokenVocabulary } from "./token-vocabulary.ts";

/** How to read a corpus of tokens. The options are those for characters, except for the kind of vocabulary. */
export type WordOptions = Omit<CorpusOptions, "unit" | "vocabulary"> & {
  readonly vocabulary?: TokenVocabulary | undefined;
};

/**
 * Reads files, folders and standard input ("-") into one sequence of tokens, in one pass and in pieces. A token never
 * spans two files.
 * @throws UsageError if `paths` is no list, is empty or names "-" twice; or if `minCount` leaves no token
 * @throws CharrnnError if the input is missing, unreadable, empty or not in the encoding
 * @throws CharrnnError if the input has a token outside `vocabulary`
 */
export async function readWords(
  paths: readonly string[],
  options: WordOptions,
): Promise<Corpus<TokenVocabulary>> {
  const { minCount = 1, vocabulary, form = vocabulary?.form ?? AS_IT_IS } = options;
  const tokens = new TokenSink({ ...options, form });
  const { textBytes, ...read } = await readFiles(paths, "char", { ...options, form }, tokens);
  return { ...read, bytes: textBytes, ...tokens.finish(read.files, minCount) };
}

/** Turns the code points of a corpus into tokens. */
class TokenSink implements TextSink {
  readonly #options: WordOptions;
  readonly #tokenizer = new Tokenizer((token) => {
    this.#take(token);
  });
  /** The number of each token in the order of first occurrence, if the vocabulary is not known yet. */
  readonly #numbers = new Map<string, number>();
  readonly #counts: number[] = [];
  readonly #writer = new SymbolWriter(1);
  readonly #one = new Uint32Array(1);
  #unknown = 0;
  readonly #skipped = new Skipped();
  readonly #skippedCounts = new Map<string, number>();
  /** The file that is being read, and the line. */
  #name = "";
  #line = 1;
  /** The line and the file of the first token that was left out. */
  #firstSkipped = "";

  constructor(options: WordOptions) {
    const { vocabulary, unknown } = options;
    this.#options = options;
    if (vocabulary !== undefined && unknown !== "grow") this.#writer.widen(symbolWidth(vocabulary.size));
  }

  get length(): number {
    return this.#writer.length;
  }

  begin(name: string): void {
    this.#name = name;
    this.#line = 1;
  }

  take(codes: Uint32Array): void {
    this.#tokenizer.read(codes);
  }

  /** A token never spans two files. */
  end(): void {
    this.#tokenizer.end();
  }

  #take(token: string): void {
    const number = this.#numberOf(token);
    if (number === undefined) {
      if (this.#skipped.count === 0) this.#firstSkipped = `line ${this.#line} of ${this.#name}`;
      this.#skipped.add(this.#writer.length);
      this.#skippedCounts.set(token, (this.#skippedCounts.get(token) ?? 0) + 1);
    } else {
      this.#one[0] = number;
      this.#writer.append(this.#one);
    }
    if (token === LINE_END) this.#line += 1;
  }

  #numberOf(token: string): number | undefined {
    const { vocabulary, unknown } = this.#options;
    if (vocabulary !== undefined && unknown !== "grow") {
      const index = vocabulary.indexOf(token);
      if (index === undefined && vocabulary.unknown !== undefined) this.#unknown += 1;
      return index ?? vocabulary.unknown;
    }
    let number = this.#numbers.get(token);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(token, number);
      this.#counts.push(0);
      this.#writer.widen(symbolWidth(this.#numbers.size));
    }
    this.#counts[number] += 1;
    return number;
  }

  finish(files: readonly string[], minCount: number) {
    const { form = AS_IT_IS, unknown, vocabulary: given } = this.#options;
    if (this.#skipped.count > 0 && unknown !== "skip") throw this.#outside();
    if (this.length === 0) throw new CharrnnError(`${some(files)} has no token; give a text to read`);
    let vocabulary = given;
    if (!vocabulary || unknown === "grow") {
      const counts = new Map([...this.#numbers].map(([token, number]) => [token, this.#counts[number]]));
      const built = vocabulary?.grownBy(counts.keys()) ?? TokenVocabulary.fromCounts(counts, minCount);
      const numbers = Uint32Array.from(counts.keys(), (token) => built.indexOf(token) ?? built.unknown ?? 0);
      for (const [token, count] of counts) this.#unknown += built.indexOf(token) === undefined ? count : 0;
      this.#writer.widen(symbolWidth(built.size));
      this.#writer.renumber(numbers, symbolWidth(built.size));
      vocabulary = built;
    }
    return {
      vocabulary: vocabulary.inForm(form),
      symbols: this.#writer.symbols(),
      unknown: this.#unknown,
      skipped: this.#skipped,
    };
  }

  #outside(): CharrnnError {
    const [first] = this.#skippedCounts.keys();
    const others = this.#skippedCounts.size - 1;
    const more = others === 0 ? "" : `, like ${others === 1 ? "1 other" : `${others} others`}`;
    const grow = this.#options.mayGrow ? ", or add them to the vocabulary with --unknown grow" : "";
    return new CharrnnError(
      `the token ${JSON.stringify(first)} in ${this.#firstSkipped} is not in the model's vocabulary${more}: ` +
        `skip such tokens with --unknown skip${grow}`,
    );
  }
}
