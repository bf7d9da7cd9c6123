import { UsageError } from "../../errors.ts";
import { namedColumns, type InputKind, type TableColumns } from "../examples/columns.ts";
import { type TaskOptions } from "../task.ts";

/** What a column says about a text: a label, or a number. */
export type ConditionType = "label" | "number";

/**
 * How the rows of a table become conditions and texts: the `task.table` member of a checkpoint. A table that is
 * evaluated later is read in the same way.
 */
export interface TextColumns extends Pick<
  TableColumns,
  "format" | "header" | "group" | "maxLength" | "truncate"
> {
  /** The columns of the conditions. */
  readonly input: readonly string[];
  /** The column of the texts. */
  readonly target: string;
  /** What a symbol of a text is. */
  readonly kind: Exclude<InputKind, "number">;
}

/**
 * Reads from the options how tables become conditions and texts.
 * @throws UsageError if --input or --target is missing or wrong, or --embedding is given
 */
export function textColumnsOf(options: TaskOptions): TextColumns {
  const { task, format, header, group, maxLength, truncate, targetTokens, unit, embedding } = options;
  const input = namedColumns(
    options.input,
    task,
    "--input",
    "the columns of labels or numbers to write from",
  );
  const [target, ...more] = namedColumns(options.target, task, "--target", "the column of the texts");
  if (more.length > 0) throw new UsageError("--target takes one column");
  if (embedding > 0) {
    throw new UsageError(
      `--embedding does not work with --task ${task}, whose steps are rows of numbers: leave out --embedding`,
    );
  }
  if (unit === "word") {
    throw new UsageError("--unit word is for the text of a language model: give --target-tokens instead");
  }
  const kind = targetTokens ? "token" : unit;
  return { format, header: header || undefined, input, target, kind, group, maxLength, truncate };
}

/** The columns that are read for every row, in the order of their values. */
export function requestedColumns({ input, target, group }: TextColumns): string[] {
  return [target, ...input, ...(group === undefined ? [] : [group])];
}

/** How the texts themselves are read: as the inputs of examples. */
export function columnsOfTexts({ target, kind, maxLength, truncate, group }: TextColumns): TableColumns {
  return { input: [target], target: "", kind, maxLength, truncate, group };
}
