import { type TextModel } from "../checkpoint/text-model.ts";
import { type Range } from "../text/example-text.ts";
import { type Symbols } from "../text/symbols.ts";
import { type TextVocabulary } from "../text/text-vocabulary.ts";
import { TokenVocabulary } from "../text/token-vocabulary.ts";
import { type Baseline } from "./baselines/baseline.ts";
import { brotliBaseline } from "./baselines/brotli.ts";
import { ngramBaseline } from "./baselines/ngram.ts";
import { unigramBaseline } from "./baselines/unigram.ts";
import { type FoundText } from "./source.ts";

/** A number for each baseline. */
interface OfBaselines {
  readonly unigram: number | null;
  readonly ngram: number | null;
  readonly brotli: number | null;
}

export interface Baselines extends OfBaselines {
  /**
   * Unigram and 5-gram see the unknown symbol, so each unknown character adds `bitsPerUnknown`, as it does for the
   * model. Brotli compresses the original text.
   */
  readonly bitsPerByte: OfBaselines;
  /** Why a baseline is null, or which limit was applied. */
  readonly notes: readonly string[];
}

/**
 * Scores a text with the baselines. `characters` is the number of scored characters. `perByte` converts bits per
 * character of a text with the unknown symbol to bits per byte of the text as it is.
 */
export async function scoreBaselines(
  { training, text, parts, original }: FoundText,
  { vocabulary, sizes }: TextModel,
  characters: number,
  perByte: (bitsPerCharacter: number) => number,
): Promise<Baselines> {
  const without = { bitsPerCharacter: null };
  // The baselines score symbols. A token is several characters, and the end of a document is a symbol but no character.
  const symbolsPerCharacter = (text.length - 1) / characters;
  const perCharacter = ({ bitsPerCharacter: bits, ...baseline }: Baseline) => ({
    bitsPerCharacter: bits && bits * symbolsPerCharacter,
    ...baseline,
  });
  const [unigram, ngram]: Baseline[] =
    typeof training === "string"
      ? [{ ...without, note: `unigram and 5-gram: ${training}` }, without]
      : [
          perCharacter(await unigramBaseline(training, text, sizes.outputs)),
          perCharacter(await ngramBaseline(training, text, sizes.outputs)),
        ];
  // Tokens that became the unknown token have lost their text, so brotli reads the original text.
  const read = vocabulary instanceof TokenVocabulary ? original : { symbols: text, vocabulary, parts };
  const length = lengthOf(read);
  const brotli = await brotliBaseline(bytesOf(read), length);
  const perByteOf = ({ bitsPerCharacter: bits }: Baseline) => (bits === null ? null : perByte(bits));
  const whole = vocabulary.unknown === undefined ? brotli : await brotliBaseline(bytesOf(original), length);
  const bytes = byteLengthOf(original);
  return {
    unigram: unigram.bitsPerCharacter,
    ngram: ngram.bitsPerCharacter,
    brotli: brotli.bitsPerCharacter,
    bitsPerByte: {
      unigram: perByteOf(unigram),
      ngram: perByteOf(ngram),
      brotli: whole.bitsPerCharacter && (whole.bitsPerCharacter * length) / bytes,
    },
    notes: [unigram, ngram, brotli].flatMap(({ note }) => (note === undefined ? [] : [note])),
  };
}

/** Some parts of a text. */
interface Parts {
  readonly symbols: Symbols;
  readonly vocabulary: TextVocabulary;
  readonly parts: readonly Range[];
}

/** How many characters the parts have. */
export function lengthOf({ symbols, vocabulary, parts }: Parts): number {
  return parts.reduce(
    (sum, { start, end }) => sum + vocabulary.characterLength(symbols.subsequence(start, end)),
    0,
  );
}

/** How many bytes of UTF-8 the parts have. */
export function byteLengthOf({ symbols, vocabulary, parts }: Parts): number {
  return parts.reduce(
    (sum, { start, end }) => sum + vocabulary.byteLength(symbols.subsequence(start, end)),
    0,
  );
}

function* bytesOf({ symbols, vocabulary, parts }: Parts): Generator<Uint8Array> {
  for (const { start, end } of parts) yield* vocabulary.bytes(symbols.subsequence(start, end));
}
