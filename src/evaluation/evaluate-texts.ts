import { stdin as processStdin } from "node:process";
import { type Checkpoint } from "../checkpoint/format.ts";
import { engineLike, openEngine } from "../engine/engines.ts";
import { Layout } from "../engine/tensor.ts";
import { Network } from "../model/network.ts";
import { writeStored } from "../model/weights.ts";
import { lengthsUpTo } from "../tasks/examples/batches.ts";
import { splitTables } from "../tasks/examples/example-dataset.ts";
import { ExampleScorer } from "../tasks/examples/example-scorer.ts";
import { lengthIn } from "../tasks/examples/encoder.ts";
import { codeOf, encodeTexts, networkSizes } from "../tasks/one-to-many/code.ts";
import { type ConditionedText } from "../tasks/one-to-many/conditioned-texts.ts";
import { measureTexts, type TextScores } from "../tasks/one-to-many/measure.ts";
import { readTexts } from "../tasks/one-to-many/text-dataset.ts";
import { type EvaluateOptions } from "./evaluate.ts";
import { partsToScore, type PartsOfTables } from "./own-tables.ts";
import { type EvaluationSource } from "./source.ts";

/** How many texts are scored side by side. */
const BATCH_SIZE = 64;

/** The scores of a model that writes texts from labels or numbers. */
export type TextsEvaluation = TextScores & {
  readonly text: string;
  readonly examples: number;
  /** Symbols that the vocabulary lacks, and that were left out. */
  readonly skipped: number;
  readonly seconds: number;
};

/**
 * Scores a model that writes texts from labels or numbers, on a split of its own tables or on another table with the
 * same columns.
 * @throws UsageError, CharrnnError if the table cannot be read or has a label or a symbol that the model does not know,
 * if the split's tables are gone or have changed, or the engine cannot run here
 */
export async function evaluateTexts(
  checkpoint: Checkpoint,
  source: EvaluationSource,
  options: EvaluateOptions = {},
): Promise<TextsEvaluation> {
  const { unknown = "error", threads, signal, progress, corpusFolder } = options;
  const { stdin = processStdin } = source;
  const code = codeOf(checkpoint);
  const { columns } = code;
  const tables: PartsOfTables<ConditionedText, ConditionedText> = {
    read: (paths, format = columns.format) => readTexts(paths, { ...columns, format }, stdin),
    split: splitTables,
    whole: (texts) => texts,
  };
  const { name, parts } = await partsToScore(checkpoint, source, tables, corpusFolder);
  const examples = encodeTexts(parts, code, unknown);
  const longest = parts.reduce((most, _, text) => Math.max(most, lengthIn(examples, text)), 1);
  const layout = new Layout();
  const network = new Network(layout, checkpoint.model, networkSizes(code), { training: false });
  const scorer = new ExampleScorer(
    layout,
    network,
    { loss: "softmax", isTagged: true },
    { batchSize: BATCH_SIZE, lengths: lengthsUpTo(longest) },
  );
  const engine = await openEngine(layout, scorer.programs, {
    engine: engineLike(checkpoint.training?.engine, options.engine),
    threads,
  });
  const started = performance.now();
  try {
    writeStored(engine, network.parameters, checkpoint.parameters);
    const outputs = await scorer.scoreClasses(engine, examples, (done, total) => {
      signal?.throwIfAborted();
      progress?.(done, total);
    });
    return {
      text: name,
      examples: examples.count,
      ...measureTexts(outputs, examples),
      skipped: examples.skipped,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await engine.close();
  }
}
