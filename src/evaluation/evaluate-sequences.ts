import { type Checkpoint } from "../checkpoint/format.ts";
import { engineLike } from "../engine/engines.ts";
import { stepCount, type TableExample } from "../tasks/examples/table-examples.ts";
import { scoreOutputs, type OutputScores } from "../tasks/sequence-to-sequence/measure-outputs.ts";
import {
  encodePairs,
  outputText,
  type PairCode,
  type Pairs,
} from "../tasks/sequence-to-sequence/pair-code.ts";
import { symbolsOf } from "../tasks/sequence-to-sequence/pair-training-data.ts";
import { Writer } from "../tasks/sequence-to-sequence/writer.ts";
import { type EvaluateOptions } from "./evaluate.ts";
import { examplesOf, ownSplits, reasonOf } from "./evaluate-examples.ts";
import { type EvaluationSource } from "./source.ts";

/** The scores of a model's outputs, and the scores of baselines. */
export interface SequenceEvaluation extends OutputScores {
  readonly text: string;
  readonly examples: number;
  /** The mean in nats over the symbols of the right outputs, their ends included. */
  readonly loss: number;
  /** The share of groups whose output is any of the right outputs of the group. Absent without groups. */
  readonly groupAccuracy?: number;
  /** The accuracy by the number of input steps, for the lengths from `from` to `to`. */
  readonly byLength: readonly { from: number; to: number; examples: number; accuracy: number }[];
  /** How many outputs were cut at the limit of symbols. */
  readonly cut: number;
  readonly skipped: number;
  readonly seconds: number;
  readonly baselines: SequenceBaselines | null;
}

export interface SequenceBaselines {
  /** The input as the output. */
  readonly copy: OutputScores;
  /** Always the commonest output of the training split. */
  readonly commonest?: OutputScores;
  /** Why a baseline is missing. */
  readonly notes: readonly string[];
}

/** The most rows in the table of accuracy by length. */
const MOST_SPANS = 10;

/**
 * Scores a model that writes outputs, on a split of its own tables or on another table with the same columns.
 * @throws UsageError, CharrnnError if the table cannot be read or has a symbol that the model does not know, if the split's
 * tables are gone or have changed, or the engine cannot run here
 */
export async function evaluateSequences(
  checkpoint: Checkpoint,
  source: EvaluationSource,
  options: EvaluateOptions = {},
): Promise<SequenceEvaluation> {
  const { baselines = true, unknown = "error", threads, signal, progress, beam = 1, maxOutput } = options;
  const engine = engineLike(checkpoint.training?.engine, options.engine);
  const writer = new Writer(checkpoint, { engine, threads, beams: beam, maxOutput });
  const { code } = writer;
  const needsOwn = baselines || source.split !== undefined || source.text === undefined;
  const own = needsOwn
    ? await ownSplits(checkpoint, code.columns, source, options).catch(reasonOf)
    : "they were not requested";
  const { name, examples } = await examplesOf(source, code.columns, own);
  const pairs = encodePairs(examples, code, unknown);
  const started = performance.now();
  try {
    const written = await writer.write(pairs.inputs, (done, total) => {
      signal?.throwIfAborted();
      progress?.(done, total);
    });
    const outputs = written.map(([best]) => best.symbols);
    const right = symbolsOf(pairs);
    const texts = outputs.map((symbols) => outputText(symbols, code));
    const groupAccuracy = accuracyOfGroups(examples, texts);
    return {
      text: name,
      examples: pairs.count,
      loss: await writer.loss(pairs),
      ...scoreOutputs(outputs, right),
      ...(groupAccuracy !== undefined && { groupAccuracy }),
      byLength: accuracyByLength(
        examples.map(({ steps }) => stepCount(steps, code.columns.kind)),
        outputs.map((symbols, index) => isSame(symbols, right[index])),
      ),
      cut: written.filter(([best]) => best.cut).length,
      skipped: pairs.inputs.skipped,
      seconds: (performance.now() - started) / 1000,
      baselines: baselines ? baselinesOf(own, examples, pairs, code) : null,
    };
  } finally {
    await writer.close();
  }
}

function isSame(one: ArrayLike<number>, other: ArrayLike<number>): boolean {
  return one.length === other.length && Array.from(one).every((symbol, index) => symbol === other[index]);
}

/** A group is right if the output for its first example is a right output of any of its examples. */
function accuracyOfGroups(examples: readonly TableExample[], outputs: readonly string[]): number | undefined {
  const groups = new Map<string, { output: string; right: Set<string> }>();
  for (const [index, { group, targets }] of examples.entries()) {
    if (group === undefined) return undefined;
    const known = groups.get(group) ?? { output: outputs[index], right: new Set() };
    groups.set(group, known);
    for (const target of targets) known.right.add(target);
  }
  const hits = [...groups.values()].filter(({ output, right }) => right.has(output)).length;
  return hits / groups.size;
}

/** The accuracy for each of some equally wide spans of input lengths. */
function accuracyByLength(
  lengths: readonly number[],
  areRight: readonly boolean[],
): SequenceEvaluation["byLength"] {
  const shortest = lengths.reduce((least, length) => Math.min(least, length), Infinity);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  const width = Math.ceil((longest - shortest + 1) / MOST_SPANS);
  const spans = Array.from({ length: Math.ceil((longest - shortest + 1) / width) }, (_, index) => {
    const from = shortest + index * width;
    return { from, to: Math.min(from + width - 1, longest), examples: 0, accuracy: 0 };
  });
  lengths.forEach((length, index) => {
    const span = spans[Math.floor((length - shortest) / width)];
    span.examples += 1;
    span.accuracy += Number(areRight[index]);
  });
  return spans
    .filter(({ examples }) => examples > 0)
    .map((span) => ({ ...span, accuracy: span.accuracy / span.examples }));
}

function baselinesOf(
  own: { readonly train: readonly TableExample[] } | string,
  examples: readonly TableExample[],
  { outputs: { steps, starts } }: Pairs,
  code: PairCode,
): SequenceBaselines {
  const right = examples.map((_, example) =>
    Array.from(steps.subarray(starts[example], starts[example + 1])),
  );
  const score = (symbolsFor: (example: TableExample) => readonly number[]) =>
    scoreOutputs(examples.map(symbolsFor), right);
  const copy = score(({ steps }) => symbolsIn(typeof steps === "string" ? steps : steps.map(String), code));
  if (typeof own === "string") return { copy, notes: [`no commonest output: ${own}`] };
  const counts = new Map<string, number>();
  for (const { targets } of own.train) counts.set(targets[0], (counts.get(targets[0]) ?? 0) + 1);
  const commonest = [...counts].reduce((best, next) => (next[1] > best[1] ? next : best))[0];
  const symbols = symbolsIn(commonest, code);
  return { copy, commonest: score(() => symbols), notes: [] };
}

/** A text or tokens as symbols of an output. Symbols that no output has are -1. */
function symbolsIn(steps: string | readonly string[], { outputs }: PairCode): number[] {
  const isText = outputs.toJSON().unit !== "token";
  const text = typeof steps === "string" ? steps : steps.join(" ");
  const pieces = isText ? Array.from(text) : typeof steps === "string" ? tokensOf(steps) : steps;
  const indices = new Map(outputs.symbols.map((symbol, index) => [symbol, index]));
  return pieces.map((piece) => indices.get(piece) ?? -1);
}

function tokensOf(text: string): string[] {
  return text.split(" ").filter((token) => token !== "");
}
