import { stdin as processStdin } from "node:process";
import { type Checkpoint } from "../checkpoint/format.ts";
import { engineLike } from "../engine/engines.ts";
import { CharrnnError } from "../errors.ts";
import { targetsOf } from "../tasks/examples/answers.ts";
import { type TableColumns } from "../tasks/examples/columns.ts";
import { encode, type Encoder } from "../tasks/examples/encoder.ts";
import { type TablePaths } from "../tasks/read-tables.ts";
import { readExamples, splitTables } from "../tasks/examples/example-dataset.ts";
import { type ExampleSplits } from "../tasks/examples/example-splits.ts";
import { measure } from "../tasks/examples/measure.ts";
import { Predictor } from "../tasks/examples/predictor.ts";
import { stepList, type TableExample } from "../tasks/examples/table-examples.ts";
import { scoreClasses, scoreNumbers, type ClassScores, type NumberScores } from "../tasks/class-scores.ts";
import { sourceName } from "../text/sources.ts";
import { tableFormatOf } from "../text/tables/table.ts";
import { commonestClass, NaiveBayes } from "./baselines/naive-bayes.ts";
import { TagLookup } from "./baselines/tag-lookup.ts";
import { type EvaluateOptions } from "./evaluate.ts";
import { readOwnTables } from "./own-tables.ts";
import { type EvaluationSource } from "./source.ts";

/** The scores of a model on examples, and the scores of baselines that learned from the same training split. */
export interface ExampleEvaluation extends Partial<ClassScores>, Partial<NumberScores> {
  readonly text: string;
  readonly examples: number;
  /**
   * The mean loss of an answer (of an example or, with tags, of a step): in nats, or in squared deviations for numbers.
   */
  readonly loss: number;
  /** With tags: the share of tokens whose tag is right. `accuracy` is then the share of right steps. */
  readonly tokenAccuracy?: number;
  /** Symbols that the vocabulary lacks, and that were left out. */
  readonly skipped: number;
  readonly seconds: number;
  readonly baselines: ExampleBaselines | null;
}

type Score = Pick<ClassScores, "accuracy" | "macroF1"> | NumberScores;

export interface ExampleBaselines {
  /** Always the commonest class of the training split. */
  readonly commonest?: Score;
  /** Naive Bayes over stretches of 1 to 4 characters, for texts and tokens. */
  readonly naiveBayes?: Score;
  /** With tags: the tag that each character or token has most often in the training split. */
  readonly lookup?: Score;
  /** Always the mean of the training split. */
  readonly mean?: Score;
  /** Why baselines are missing. */
  readonly notes: readonly string[];
}

/**
 * Scores a model that answers for examples, on a split of its own tables or on another table with the same columns.
 * @throws UsageError, CharrnnError if the table cannot be read or has a label or a symbol that the model does not know,
 * if the split's tables are gone or have changed, or the engine cannot run here
 */
export async function evaluateExamples(
  checkpoint: Checkpoint,
  source: EvaluationSource,
  options: EvaluateOptions = {},
): Promise<ExampleEvaluation> {
  const { baselines = true, unknown = "error", threads, signal, progress } = options;
  const predictor = new Predictor(checkpoint, {
    engine: engineLike(checkpoint.training?.engine, options.engine),
    threads,
    clamps: options.clamps,
  });
  const { encoder } = predictor;
  const needsOwn = baselines || source.split !== undefined || source.text === undefined;
  const own = needsOwn
    ? await ownSplits(checkpoint, encoder.columns, source, options).catch(reasonOf)
    : "they were not requested";
  const { name, examples } = await examplesOf(source, { ...encoder.columns, group: undefined }, own);
  const encoded = encode(examples, encoder, unknown);
  const started = performance.now();
  try {
    const outputs = await predictor.score(encoded, (done, total) => {
      signal?.throwIfAborted();
      progress?.(done, total);
    });
    return {
      text: name,
      examples: encoded.count,
      ...measure(outputs, encoded, encoder),
      skipped: encoded.skipped,
      seconds: (performance.now() - started) / 1000,
      baselines: baselines ? baselinesOf(own, examples, encoder) : null,
    };
  } finally {
    await predictor.close();
  }
}

/** The reason why something could not be read; other errors are thrown again. */
export function reasonOf(error: unknown): string {
  if (error instanceof CharrnnError) return error.message;
  throw error;
}

/** The splits of the tables that a model was trained on. */
export async function ownSplits(
  checkpoint: Checkpoint,
  columns: TableColumns,
  source: EvaluationSource,
  { corpusFolder }: EvaluateOptions,
): Promise<ExampleSplits> {
  const { stdin = processStdin } = source;
  const read = (paths: TablePaths) => readExamples(paths, columns, stdin);
  const { tables, options } = await readOwnTables(checkpoint, read, source, corpusFolder);
  return splitTables(tables, options);
}

/**
 * The examples to score, and what they are called. `own`: the splits of the model's tables, or the reason why there are
 * none.
 * @throws CharrnnError if there are no examples to score
 */
export async function examplesOf(
  { split, text, stdin = processStdin }: EvaluationSource,
  columns: TableColumns,
  own: ExampleSplits | string,
): Promise<{ name: string; examples: readonly TableExample[] }> {
  if (text !== undefined && split === undefined) {
    const { files } = await readExamples(
      { files: [text], val: undefined, test: undefined },
      { ...columns, format: tableFormatOf(text) ?? columns.format },
      stdin,
    );
    return { name: sourceName(text), examples: files };
  }
  if (typeof own === "string") throw new CharrnnError(own);
  const part = split ?? "val";
  if (own[part].length === 0)
    throw new CharrnnError(`the ${part} split has no examples: name another split, or a table`);
  return { name: `${part} split`, examples: own[part] };
}

/** `own`: the splits of the model's tables, or the reason why there are none. */
function baselinesOf(
  own: ExampleSplits | string,
  examples: readonly TableExample[],
  { answers, columns }: Encoder,
): ExampleBaselines {
  if (typeof own === "string") return { notes: [`no baselines: ${own}`] };
  const targets = Array.from(targetsOf(examples, answers, columns));
  if (!("labels" in answers)) {
    return {
      mean: scoreNumbers(
        targets,
        targets.map(() => answers.mean),
      ),
      notes: [],
    };
  }
  const trained = targetsOf(own.train, answers, columns);
  const classCount = answers.labels.length;
  const scored = (predicted: readonly number[]): Score => {
    const { accuracy, macroF1 } = scoreClasses(
      answers.labels,
      targets,
      predicted,
      predicted.map(() => 1),
    );
    return { accuracy, macroF1 };
  };
  const commonest = commonestClass(trained, classCount);
  const alwaysOne = scored(targets.map(() => commonest));
  if (columns.kind === "number") return { commonest: alwaysOne, notes: [] };
  if (columns.tags !== undefined) {
    const lookup = new TagLookup(own.train.flatMap(taggedPieces), trained, classCount);
    const predicted = examples.flatMap(taggedPieces).map((piece) => lookup.predict(piece));
    return { commonest: alwaysOne, lookup: scored(predicted), notes: [] };
  }
  const textOf = ({ steps }: TableExample) => (typeof steps === "string" ? steps : steps.join(" "));
  const bayes = new NaiveBayes(own.train.map(textOf), trained, classCount);
  return {
    commonest: alwaysOne,
    naiveBayes: scored(examples.map((example) => bayes.predict(textOf(example)))),
    notes: [],
  };
}

/** The tagged pieces of an example of text: its tokens or, if it has none, its characters. */
function taggedPieces({ steps, tokens }: TableExample): readonly string[] {
  return tokens ?? stepList(steps).map(String);
}
