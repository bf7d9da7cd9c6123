import { UsageError } from "../errors.ts";
import { parseEncoding, UTF_8 } from "../text/encoding.ts";
import { type TextVocabulary } from "../text/text-vocabulary.ts";
import { TokenVocabulary } from "../text/token-vocabulary.ts";
import { codePointsOf, type OnUnknown } from "../text/vocabulary.ts";

/** The beginning of a sample as the caller gives it. */
export interface PrimeOptions {
  /** Bytes must be valid in `encoding`. A byte model takes any bytes, as they are. */
  prime?: string | Uint8Array | undefined;
  /**
   * How a prime of bytes is encoded, by a name of TextDecoder (default utf-8). A byte model takes no other encoding.
   */
  encoding?: string | undefined;
  /** The name of the prime in error messages: its file, for example (default "the prime"). */
  primeSource?: string | undefined;
}

/** The beginning of a sample. */
export interface Prime {
  readonly indices: Int32Array;
  /** How the sample begins: without a byte order mark and the symbols that were skipped. */
  readonly text: string;
  /** The same as bytes, if the model draws bytes. */
  readonly bytes?: Uint8Array;
}

/**
 * Reads a prime with the vocabulary of a model.
 * @throws UsageError if the encoding does not exist, or is given for a prime that is a string
 * @throws CharrnnError if the prime is not in its encoding or has a symbol outside the vocabulary
 */
export function readPrime(
  vocabulary: TextVocabulary,
  { prime = "", encoding: label = UTF_8, primeSource = "the prime" }: PrimeOptions,
  unknown: OnUnknown,
): Prime {
  const encoding = parseEncoding(label, "the encoding");
  if (encoding !== UTF_8 && typeof prime === "string") {
    throw new UsageError(`--encoding ${encoding} is for a --prime-file: leave out --encoding`);
  }
  if (vocabulary instanceof TokenVocabulary) {
    const indices = vocabulary.encode(codePointsOf(prime, primeSource, encoding), unknown, primeSource);
    return { indices, text: vocabulary.decode(indices) };
  }
  const indices = vocabulary.encode(prime, unknown, primeSource, encoding);
  if (vocabulary.unit === "char") return { indices, text: vocabulary.decode(indices) };
  const given = typeof prime === "string" ? new TextEncoder().encode(prime) : prime;
  const bytes = given.filter((byte) => (vocabulary.indexOf(byte) ?? vocabulary.unknown) !== undefined);
  return { indices, text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes), bytes };
}
