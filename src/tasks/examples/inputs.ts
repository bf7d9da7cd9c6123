import { TokenVocabulary } from "../../text/token-vocabulary.ts";
import { type InputVocabularyJson } from "../../text/text-vocabulary.ts";
import { Vocabulary, type OnUnknown } from "../../text/vocabulary.ts";
import { CharrnnError } from "../../errors.ts";
import { type Steps } from "../task.ts";
import { type Growth } from "../../model/growth.ts";
import { momentsOf, type Scale } from "./scale.ts";
import { type TableColumns } from "./columns.ts";
import { placeIn, stepCount, stepList, type TableExample } from "./table-examples.ts";

/** How the steps of examples become inputs of a network: symbols by a vocabulary, or numbers by their scales. */
export type InputCode =
  { readonly vocabulary: Vocabulary | TokenVocabulary } | { readonly scales: readonly Scale[] };

/** Stands for the tag of a step that has no tag. */
export const NO_TAG = -1;

/** The steps of many examples, one example after the other. */
export interface EncodedSteps {
  /** [n + 1]: the first step of each example, and the end of the last. */
  readonly starts: Uint32Array;
  /** A symbol for each step, or `width` numbers for each step. */
  readonly steps: Int32Array | Float32Array;
  /** How many values the network reads at each step. */
  readonly width: number;
  /** Writes the numbers that the network reads at a step into a row of zeros, if `steps` does not hold them. */
  readonly expand?: ((step: number, row: Float32Array) => void) | undefined;
  /** For each step: the number of its tag within the example, or -1 if the step has no tag. Absent without tags. */
  readonly tags?: Int32Array | undefined;
  /** How many symbols were left out because the vocabulary lacks them. */
  readonly skipped: number;
}

/** How many symbols, or how many numbers, a network reads. */
export function inputSizes(code: InputCode): { inputs: number; numeric?: true } {
  return "scales" in code ? { inputs: code.scales.length, numeric: true } : { inputs: code.vocabulary.size };
}

/** The `vocabulary` member of a checkpoint. A model that reads numbers has no symbols. */
export function vocabularyMember(code: InputCode): InputVocabularyJson {
  return "scales" in code ? { unit: "number", symbols: [] } : code.vocabulary.toJSON();
}

/**
 * The code of a table's inputs. The vocabulary comes from all `examples`, the scales come from the `training` split.
 * @throws UsageError if `minCount` leaves no symbol
 */
export function inputCodeOf(
  examples: readonly TableExample[],
  training: readonly TableExample[],
  { kind, input }: TableColumns,
  minCount: number,
): InputCode {
  if (kind === "number") {
    const columns = input.map((_, column) =>
      training.flatMap(({ steps }) => rowsOf(steps).map((row) => row[column])),
    );
    return { scales: columns.map(momentsOf) };
  }
  if (kind === "token")
    return { vocabulary: TokenVocabulary.fromCounts(countsOf(examples, tokensOf), minCount) };
  const codes = kind === "byte" ? bytesOf : codePointsOf;
  return { vocabulary: Vocabulary.fromCounts(kind, countsOf(examples, codes), minCount) };
}

/** The code with all symbols of these examples in its vocabulary, and the old index of each symbol. */
export function grownBy(
  code: InputCode,
  examples: readonly TableExample[],
): { code: InputCode; origins: Growth["inputs"] } {
  if ("scales" in code) return { code, origins: code.scales.map((_, index) => index) };
  const { vocabulary } = code;
  if (vocabulary instanceof TokenVocabulary) {
    const grown = vocabulary.grownBy(countsOf(examples, tokensOf).keys());
    return { code: { vocabulary: grown }, origins: grown.indicesIn(vocabulary) };
  }
  const codes = vocabulary.unit === "byte" ? bytesOf : codePointsOf;
  const grown = vocabulary.grownBy(countsOf(examples, codes).keys());
  return { code: { vocabulary: grown }, origins: grown.indicesIn(vocabulary) };
}

function rowsOf(steps: Steps): readonly (readonly number[])[] {
  return steps as readonly (readonly number[])[];
}

function tokensOf(steps: Steps): readonly string[] {
  return steps as readonly string[];
}

function* codePointsOf(steps: Steps): Generator<number> {
  for (const character of steps as string) yield character.codePointAt(0) ?? 0;
}

function bytesOf(steps: Steps): Uint8Array {
  return new TextEncoder().encode(steps as string);
}

function countsOf<Key>(
  examples: readonly TableExample[],
  keysOf: (steps: Steps) => Iterable<Key>,
): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const { steps } of examples) {
    for (const key of keysOf(steps)) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/**
 * The steps of examples as a network reads them.
 * @throws CharrnnError if a symbol is outside the vocabulary, unless it is skipped; or if skipping leaves no step
 */
export function encodeSteps(
  examples: readonly TableExample[],
  code: InputCode,
  columns: TableColumns,
  onUnknown: OnUnknown,
): EncodedSteps {
  const width = "scales" in code ? code.scales.length : 1;
  const encodeOne = columns.tags === undefined ? encodeWhole : encodeTagged;
  const parts = examples.map((example) => encodeOne(example, code, columns, onUnknown));
  const starts = new Uint32Array(examples.length + 1);
  parts.forEach(({ steps }, index) => (starts[index + 1] = starts[index] + steps.length / width));
  const size = starts[examples.length] * width;
  const steps = "scales" in code ? new Float32Array(size) : new Int32Array(size);
  const tags = columns.tags && new Int32Array(starts[examples.length]);
  parts.forEach((part, index) => {
    steps.set(part.steps, starts[index] * width);
    if (part.tags) tags?.set(part.tags, starts[index]);
  });
  const read = examples.reduce((total, { steps: own }) => total + stepCount(own, columns.kind), 0);
  return { starts, steps, width, tags, skipped: read - starts[examples.length] };
}

/** The steps of one example: `width` numbers each. */
interface EncodedExample {
  readonly steps: ArrayLike<number> & { readonly length: number };
  readonly tags?: readonly number[];
}

function encodeWhole(
  example: TableExample,
  code: InputCode,
  { input }: TableColumns,
  onUnknown: OnUnknown,
): EncodedExample {
  const place = placeIn(example, input[0]);
  const steps = encodePiece(example.steps, code, onUnknown, place);
  if (steps.length > 0) return { steps };
  throw new CharrnnError(`${place} has no symbol that the model knows: take the line out`);
}

/** Encodes an example piece by piece. A piece is a step or token that has a tag, or a space between two tokens. */
function encodeTagged(
  example: TableExample,
  code: InputCode,
  { input }: TableColumns,
  onUnknown: OnUnknown,
): EncodedExample {
  const place = placeIn(example, input[0]);
  const { tokens } = example;
  const pieces: readonly Steps[] = tokens ?? stepList(example.steps).map(pieceOf);
  const steps: number[] = [];
  const tags: number[] = [];
  const width = "scales" in code ? code.scales.length : 1;
  const add = (piece: Steps, tag: number) => {
    const encoded = encodePiece(piece, code, onUnknown, place);
    for (const value of encoded) steps.push(value);
    for (let step = 0; step < encoded.length / width; step++) tags.push(tag);
  };
  pieces.forEach((piece, index) => {
    if (tokens && index > 0) add(" ", NO_TAG);
    const before = steps.length;
    add(piece, index);
    if (steps.length > before) return;
    throw new CharrnnError(
      `${place} has ${JSON.stringify(piece)}, which has no symbol that the model knows: take the line out`,
    );
  });
  return { steps, tags };
}

/** Turns one step into a piece of one step. */
function pieceOf(step: string | readonly number[]): Steps {
  return typeof step === "string" ? step : [step];
}

function encodePiece(
  steps: Steps,
  code: InputCode,
  onUnknown: OnUnknown,
  place: string,
): Int32Array | readonly number[] {
  if ("scales" in code) {
    return rowsOf(steps).flatMap((row) =>
      row.map((number, column) => (number - code.scales[column].mean) / code.scales[column].deviation),
    );
  }
  const { vocabulary } = code;
  return vocabulary instanceof Vocabulary
    ? vocabulary.encode(steps as string, onUnknown, place)
    : encodeTokens(tokensOf(steps), vocabulary, onUnknown, place);
}

function encodeTokens(
  tokens: readonly string[],
  vocabulary: TokenVocabulary,
  onUnknown: OnUnknown,
  place: string,
): number[] {
  return tokens.flatMap((token) => {
    const index = vocabulary.indexOf(token) ?? vocabulary.unknown;
    if (index !== undefined) return [index];
    if (onUnknown === "skip") return [];
    throw new CharrnnError(
      `${place} has the token ${JSON.stringify(token)}, which the model does not know: take it out, or skip it with --unknown skip`,
    );
  });
}
