import { readFileSync } from "node:fs";
import { type Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { CharrnnError } from "../errors.ts";
import { fileError } from "../file-error.ts";
import { type PrimeOptions } from "../sampling/prime.ts";
import { parseEncoding, UTF_8 } from "../text/encoding.ts";
import { unescape, unescapeBytes } from "../text/escapes.ts";
import { describeCounts, inAnotherForm } from "../text/place.ts";
import { sourceName } from "../text/sources.ts";
import { type TextVocabulary } from "../text/text-vocabulary.ts";
import { TokenVocabulary } from "../text/token-vocabulary.ts";
import { codePointsOf } from "../text/vocabulary.ts";

/** The options that say how samples begin. */
export interface PrimeFlags {
  readonly prime?: string | undefined;
  readonly primeFile?: string | undefined;
  readonly primes?: string | undefined;
  readonly encoding: string;
  readonly escapes?: boolean | undefined;
}

/** How the model's texts are written. */
export interface ModelText {
  readonly isOfBytes: boolean;
  /** How its lines end. */
  readonly lineEnd: string | undefined;
}

/**
 * Reads the beginnings of samples: one, or one for each line of --primes.
 * @throws UsageError for an escape that --escapes does not know
 * @throws CharrnnError if a file cannot be read, or has no line
 */
export async function readPrimes(
  { prime, primeFile, primes, encoding, escapes = false }: PrimeFlags,
  model: ModelText,
  stdin: Readable,
): Promise<PrimeOptions[]> {
  const read = (text: string, source: string) => (escapes ? unescaped(text, source, model) : text);
  if (primes !== undefined) {
    const name = sourceName(primes);
    const lines = linesOf(await bytesOf(primes, stdin), name, encoding, model.isOfBytes && !escapes);
    if (lines.length === 0) throw new CharrnnError(`${name} has no line: write a prime in each line`);
    return lines.map((line, index) => {
      const primeSource = `line ${index + 1} of ${name}`;
      return { prime: typeof line === "string" ? read(line, primeSource) : line, primeSource };
    });
  }
  if (primeFile !== undefined) {
    return [{ prime: await bytesOf(primeFile, stdin), primeSource: sourceName(primeFile), encoding }];
  }
  return [
    { prime: prime === undefined ? undefined : read(prime, "the prime"), primeSource: "the prime", encoding },
  ];
}

/** A text of the command line with its escapes read: bytes for a byte model. */
export function unescaped(
  text: string,
  source: string,
  { isOfBytes, lineEnd }: ModelText,
): string | Uint8Array {
  return isOfBytes ? unescapeBytes(text, { source, lineEnd }) : unescape(text, { source, lineEnd });
}

/** The lines of a file without their line ends, as bytes or as text. */
function linesOf(bytes: Buffer, source: string, encoding: string, asBytes: boolean): (string | Buffer)[] {
  if (asBytes) return split(bytes.toString("latin1")).map((line) => Buffer.from(line, "latin1"));
  const codes = codePointsOf(bytes, source, parseEncoding(encoding, "--encoding"));
  return split(Array.from(codes, (code) => String.fromCodePoint(code)).join(""));
}

function split(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/);
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

async function bytesOf(file: string, stdin: Readable): Promise<Buffer> {
  try {
    return file === "-" ? await buffer(stdin) : readFileSync(file);
  } catch (thrown) {
    throw fileError("read", file, thrown);
  }
}

/** Lines about the characters of primes that the model does not know: they are skipped, or read as the unknown symbol. */
export function unknownLines(vocabulary: TextVocabulary, primes: readonly PrimeOptions[]): string {
  const action = vocabulary.unknown === undefined ? "skipped in" : "read as the unknown symbol in";
  const lines = primes.map((prime) => {
    const described = describeOutside(vocabulary, prime);
    return described === "" ? "" : `${action} ${prime.primeSource ?? "the prime"}: ${described}\n`;
  });
  return lines.join("");
}

/** Names the characters or tokens of a prime that the model does not know. Empty if there are none. */
function describeOutside(
  vocabulary: TextVocabulary,
  { prime = "", primeSource = "the prime", encoding = UTF_8 }: PrimeOptions,
): string {
  if (vocabulary instanceof TokenVocabulary) {
    const counts = vocabulary.outsideIn(codePointsOf(prime, primeSource, encoding));
    return [...counts.keys()].map((token) => JSON.stringify(token)).join(", ");
  }
  const counts = vocabulary.outsideIn(prime, primeSource, encoding);
  const form = vocabulary.formOf(counts.keys());
  return `${describeCounts(vocabulary.unit, counts)}${form === undefined ? "" : `; ${inAnotherForm(form)}`}`;
}
