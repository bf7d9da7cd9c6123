import { type CorpusRecord } from "../../checkpoint/format.ts";
import { splitNames, type SplitName } from "../../text/splits.ts";
import { type TableColumns } from "../examples/columns.ts";
import { splitTables } from "../examples/example-dataset.ts";
import { noteOnRepeats } from "../examples/example-splits.ts";
import { stepCount, type TableExample } from "../examples/table-examples.ts";
import { type ReadTables } from "../read-tables.ts";
import { type Dataset, type Reading, type TaskOptions, type TrainingData } from "../task.ts";
import { encodePairs, pairCodeFrom, pairCodeOf, type Pairs } from "./pair-code.ts";
import { PairTrainingData } from "./pair-training-data.ts";

/** The memory of an example's objects, about. */
const BYTES_PER_EXAMPLE = 300;

/** By default, decoding stops at this many times the length of the longest right output. */
const ROOM = 2;

/** The pairs of tables for training. */
export class PairDataset implements Dataset {
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
    this.bytes = tables.files.reduce((sum, { steps }) => sum + BYTES_PER_EXAMPLE + 4 * steps.length, 0);
  }

  trainingData(options: TaskOptions): TrainingData {
    const splits = splitTables(this.#tables, options);
    const { from, note, resuming } = this.#reading;
    if (!resuming) for (const line of noteOnRepeats(splits)) note?.(line);
    const all = splitNames.flatMap((name) => splits[name]);
    const outputKind = options.targetTokens ? "token" : "char";
    const longest = all.reduce(
      (most, { targets: [target] }) =>
        Math.max(most, stepCount(outputKind === "token" ? target.split(" ") : target, outputKind)),
      1,
    );
    const code = from
      ? { ...pairCodeFrom(from), columns: this.#columns }
      : pairCodeOf(all, this.#columns, {
          outputKind,
          minCount: options.minCount,
          maxOutput: options.maxOutput ?? ROOM * longest,
        });
    const onUnknown = options.unknown === "skip" ? "skip" : "error";
    const pairs = Object.fromEntries(
      splitNames.map((name) => [name, encodePairs(splits[name], code, onUnknown)]),
    ) as Record<SplitName, Pairs>;
    return new PairTrainingData(splits, pairs, code, options);
  }
}
