import { type Readable } from "node:stream";
import { type CorpusRecord, type Checkpoint } from "../../checkpoint/format.ts";
import { UsageError } from "../../errors.ts";
import { type Source } from "../../text/sources.ts";
import { splitNames, type SplitName } from "../../text/splits.ts";
import { type Examples } from "../examples/encoder.ts";
import { NEEDS_EXAMPLES, splitTables } from "../examples/example-dataset.ts";
import { ExampleTrainingData, type ExampleModel } from "../examples/example-training-data.ts";
import { inputCodeOf } from "../examples/inputs.ts";
import { readTables, type ReadTables, type TablePaths } from "../read-tables.ts";
import { type Dataset, type Reading, type TaskOptions, type TrainingData } from "../task.ts";
import { codeOf, encodeTexts, membersOf, networkSizes, type TextCode } from "./code.ts";
import { columnsOfTexts, type TextColumns } from "./columns.ts";
import { conditionCodesOf } from "./conditions.ts";
import { conditionedTexts, type ConditionedText } from "./conditioned-texts.ts";
import { measureTexts } from "./measure.ts";
import { previewOf } from "./preview.ts";

/**
 * Reads the tables of a run.
 * @throws UsageError, CharrnnError if a table cannot be read, or has no texts
 */
export function readTexts(
  paths: TablePaths,
  columns: TextColumns,
  stdin: Readable,
  onBytes?: (bytes: number) => void,
): Promise<ReadTables<ConditionedText>> {
  const read = (source: Source) => conditionedTexts(source, columns);
  return readTables(paths, { read, needs: NEEDS_EXAMPLES, count: () => 1 }, stdin, onBytes);
}

/** The memory of an example's objects, about. */
const BYTES_PER_EXAMPLE = 300;

/** Texts with their conditions, for training. */
export class ConditionedDataset implements Dataset {
  readonly record: CorpusRecord;
  readonly bytes: number;
  readonly #tables: ReadTables<ConditionedText>;
  readonly #columns: TextColumns;
  readonly #reading: Reading;

  constructor(tables: ReadTables<ConditionedText>, columns: TextColumns, reading: Reading) {
    this.record = tables.record;
    this.#tables = tables;
    this.#columns = columns;
    this.#reading = reading;
    this.bytes = tables.files.reduce((sum, { steps }) => sum + BYTES_PER_EXAMPLE + 2 * steps.length, 0);
  }

  trainingData(options: TaskOptions): TrainingData {
    const splits = splitTables(this.#tables, options);
    const { from } = this.#reading;
    const code = from ? this.#codeFrom(from) : this.#codeFor(splits, options);
    const onUnknown = options.unknown === "skip" ? "skip" : "error";
    const entries = splitNames.map((name) => [name, encodeTexts(splits[name], code, onUnknown)] as const);
    const examples = Object.fromEntries(entries) as Record<SplitName, Examples>;
    const model: ExampleModel = {
      network: networkSizes(code),
      members: membersOf(code),
      loss: { loss: "softmax", isTagged: true },
      uniformLoss: Math.log(networkSizes(code).outputs),
      sizes: {
        vocabulary: code.vocabulary.size,
        unknown: entries.reduce((sum, [, own]) => sum + unknownIn(own, code), 0),
        conditions: code.conditions.map((condition) =>
          "labels" in condition ? condition.labels.length : "number",
        ),
      },
      preview: previewOf(splits.val.length > 0 ? splits.val : splits.train, code),
      score: async (scorer, engine, scored, progress) => ({
        ...measureTexts(await scorer.scoreClasses(engine, scored, progress), scored),
      }),
    };
    return new ExampleTrainingData(examples, model, options);
  }

  #codeFor(
    splits: Readonly<Record<SplitName, readonly ConditionedText[]>>,
    { minCount, inputType, feedBack }: TaskOptions,
  ): TextCode {
    const columns = this.#columns;
    const all = splitNames.flatMap((name) => splits[name]);
    const inputs = inputCodeOf(all, splits.train, columnsOfTexts(columns), minCount);
    if (!("vocabulary" in inputs)) throw new Error("texts have a vocabulary");
    return {
      columns,
      conditions: conditionCodesOf(all, splits.train, columns.input, inputType),
      vocabulary: inputs.vocabulary,
      feedsBack: feedBack,
    };
  }

  /** @throws UsageError if the table has another number of columns */
  #codeFrom(checkpoint: Checkpoint): TextCode {
    const code = codeOf(checkpoint);
    const [{ length: given }, { length: own }] = [this.#columns.input, code.columns.input];
    if (given === own) return { ...code, columns: this.#columns };
    throw new UsageError(
      `--input names ${given} columns, but the model reads ${own} (${code.columns.input.join(", ")}): name as many`,
    );
  }
}

/** How many symbols of the texts are the unknown symbol. */
function unknownIn({ targets }: Examples, { vocabulary: { unknown } }: TextCode): number {
  if (unknown === undefined) return 0;
  let count = 0;
  for (const target of targets) count += Number(target === unknown);
  return count;
}
