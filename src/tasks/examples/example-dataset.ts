import { type Readable } from "node:stream";
import { type Checkpoint, type CorpusRecord } from "../../checkpoint/format.ts";
import { CharrnnError } from "../../errors.ts";
import { type Growth } from "../../model/growth.ts";
import { type Source } from "../../text/sources.ts";
import { splitNames, type SplitName } from "../../text/splits.ts";
import { readTables, type ReadTables, type TablePaths } from "../read-tables.ts";
import { type Dataset, type Reading, type TaskOptions, type TrainingData } from "../task.ts";
import { classesGrownBy, classesOf, numbersOf } from "./answers.ts";
import { type TableColumns } from "./columns.ts";
import { answeringModel } from "./answering.ts";
import { encode, encoderOf, type Encoder, type Examples } from "./encoder.ts";
import { noteOnRepeats, splitExamples, type ExampleSplits, type Grouped } from "./example-splits.ts";
import { ExampleTrainingData } from "./example-training-data.ts";
import { grownBy, inputCodeOf, inputSizes } from "./inputs.ts";
import { placeIn, tableExamples, type TableExample } from "./table-examples.ts";

/**
 * Reads the tables of a run.
 * @throws UsageError, CharrnnError if a table cannot be read, or has no examples
 */
export function readExamples(
  paths: TablePaths,
  columns: TableColumns,
  stdin: Readable,
  onBytes?: (bytes: number) => void,
): Promise<ReadTables<TableExample>> {
  const reader = {
    read: (source: Source) => tableExamples(source, columns, true),
    needs: NEEDS_EXAMPLES,
    count: () => 1,
  };
  return readTables(paths, reader, stdin, onBytes);
}

/** What an empty table should have. */
export const NEEDS_EXAMPLES = "examples: name a table with a line for each example";

/**
 * Splits examples: by the fractions, except the splits that have tables of their own.
 * @throws CharrnnError if no example is left to train on
 */
export function splitTables<Example extends Grouped>(
  { files, val, test }: ReadTables<Example>,
  options: Pick<TaskOptions, "seed" | "valFrac" | "testFrac">,
): ExampleSplits<Example> {
  const splits = splitExamples(files, {
    seed: options.seed,
    valFrac: val ? 0 : options.valFrac,
    testFrac: test ? 0 : options.testFrac,
  });
  if (splits.train.length > 0)
    return { train: splits.train, val: val ?? splits.val, test: test ?? splits.test };
  throw new CharrnnError("no examples are left to train on: lower --val-frac and --test-frac");
}

/** The examples of tables for training. */
export class ExampleDataset implements Dataset {
  readonly record: CorpusRecord;
  readonly bytes: number;
  readonly #tables: ReadTables<TableExample>;
  readonly #columns: TableColumns;
  readonly #reading: Reading;

  constructor(tables: ReadTables<TableExample>, columns: TableColumns, reading: Reading) {
    this.record = tables.record;
    this.#tables = tables;
    this.#columns = columns;
    this.#reading = reading;
    this.bytes = tables.files.reduce((sum, { steps }) => sum + BYTES_PER_EXAMPLE + 2 * steps.length, 0);
  }

  trainingData(options: TaskOptions): TrainingData {
    const splits = splitTables(this.#tables, options);
    const { from, note, resuming } = this.#reading;
    const { encoder, growth } = from
      ? this.#encoderFrom(from, splits, options)
      : { encoder: this.#encoderFor(splits, options) };
    if (!resuming) for (const line of notesOn(splits, encoder)) note?.(line);
    const encoded = Object.fromEntries(
      splitNames.map(
        (name) =>
          [name, encode(splits[name], encoder, options.unknown === "skip" ? "skip" : "error")] as const,
      ),
    );
    const examples = encoded as Record<SplitName, Examples>;
    return new ExampleTrainingData(
      examples,
      answeringModel(splits, examples, encoder, options, growth),
      options,
    );
  }

  #encoderFor(splits: ExampleSplits, { targetType, minCount }: TaskOptions): Encoder {
    const columns = this.#columns;
    const all = splitNames.flatMap((name) => splits[name]);
    return {
      columns,
      inputs: inputCodeOf(all, splits.train, columns, minCount),
      answers: targetType === "number" ? numbersOf(splits.train, columns) : classesOf(all, columns),
    };
  }

  /** The encoder of a checkpoint. With --unknown grow, the encoder gets the new symbols and labels of the data. */
  #encoderFrom(
    checkpoint: Checkpoint,
    splits: ExampleSplits,
    { unknown }: TaskOptions,
  ): { encoder: Encoder; growth?: Growth } {
    const kept = encoderOf(checkpoint);
    const [{ length: count }, { length: given }] = [kept.columns.input, this.#columns.input];
    if (given !== count) {
      throw new CharrnnError(
        `--input names ${given} columns, but the model reads ${count} (${kept.columns.input.join(", ")}): name as many`,
      );
    }
    const encoder = { ...kept, columns: this.#columns };
    // The vocabulary of a resumed run has grown already.
    if (unknown !== "grow" || this.#reading.resuming) return { encoder };
    const all = splitNames.flatMap((name) => splits[name]);
    const { code, origins: inputs } = grownBy(encoder.inputs, all);
    const numeric = "scales" in code;
    const symbols = inputs.length - inputSizes(encoder.inputs).inputs;
    if (!("labels" in encoder.answers)) {
      this.#reading.note?.(`--unknown grow adds ${counted(symbols, "symbol")}`);
      return { encoder: { ...encoder, inputs: code }, growth: { inputs, outputs: [0], numeric } };
    }
    const { answers, origins: outputs } = classesGrownBy(encoder.answers, all);
    const labels = answers.labels.length - encoder.answers.labels.length;
    this.#reading.note?.(`--unknown grow adds ${counted(symbols, "symbol")} and ${counted(labels, "label")}`);
    return { encoder: { ...encoder, inputs: code, answers }, growth: { inputs, outputs, numeric } };
  }
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The memory of an example's objects, about. */
const BYTES_PER_EXAMPLE = 200;

/** What a user should know about the data before training: what repeats, and classes that cannot be judged. */
function notesOn(splits: ExampleSplits, { columns, answers }: Encoder): string[] {
  const notes = noteOnRepeats(splits);
  if (!("labels" in answers)) return notes;
  const firsts = new Map<string, TableExample | undefined>();
  for (const example of splitNames.flatMap((name) => splits[name])) {
    for (const label of example.targets) firsts.set(label, firsts.has(label) ? undefined : example);
  }
  const alone = [...firsts]
    .flatMap(([label, example]) => (example === undefined ? [] : [{ label, example }]))
    .sort((one, other) => one.example.line - other.example.line);
  if (alone.length > 0) {
    const [{ label, example: first }] = alone;
    const others = alone.length - 1;
    const more = others > 0 ? ` (like ${counted(others, "other label")})` : "";
    notes.push(
      `${placeIn(first, columns.target)}: the label ${JSON.stringify(label)}${more} has one example only, so it can ` +
        "be learned or tested but not both: add examples of it, or take the line out",
    );
  }
  return notes;
}
