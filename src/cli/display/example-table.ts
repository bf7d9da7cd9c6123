import stringWidth from "string-width";
import { type ExampleEvaluation } from "../../evaluation/evaluate-examples.ts";
import { formatCount, formatDuration, formatLoss } from "../terminal/format.ts";
import { facts, table } from "../terminal/table.ts";

/** The scores of a model on examples, for people: the whole, each class, the confusion, and baselines. */
export function describeExamples(
  evaluation: ExampleEvaluation & { checkpoint: string },
  columns?: number,
): string {
  const { checkpoint, text, examples, loss, skipped, seconds, baselines } = evaluation;
  const isNumber = evaluation.rmse !== undefined;
  const rows: [string, string][] = [
    ["checkpoint", checkpoint],
    ["data", `${text}: ${formatCount(examples)} examples`],
    [
      "loss",
      `${formatLoss(loss)} ${isNumber ? "squared deviations" : "nats"} per ${evaluation.tokenAccuracy === undefined ? "example" : "step"}`,
    ],
    ...scoreRows(evaluation),
    ["time", formatDuration(seconds)],
  ];
  if (skipped > 0) rows.push(["skipped", `${formatCount(skipped)} symbols that the model does not know`]);
  const named = {
    commonest: evaluation.tokenAccuracy === undefined ? "commonest class" : "commonest tag",
    naiveBayes: "naive Bayes",
    lookup: "tag by lookup",
    mean: "mean",
  };
  for (const [name, label] of Object.entries(named)) {
    const score = baselines?.[name as keyof typeof named];
    if (score !== undefined)
      rows.push([
        label,
        scoreRows(score)
          .map(([what, value]) => `${what} ${value}`)
          .join(", "),
      ]);
  }
  for (const note of baselines?.notes ?? []) rows.push(["note", note]);
  return [
    ...facts(rows, columns),
    ...classLines(evaluation),
    ...confusionLines(evaluation, columns),
    "",
  ].join("\n");
}

function scoreRows(scores: Partial<ExampleEvaluation>): [string, string][] {
  const { accuracy, tokenAccuracy, macroF1, rmse, mae } = scores;
  const rows: [string, string][] = [];
  if (tokenAccuracy !== undefined) rows.push(["token accuracy", percent(tokenAccuracy)]);
  if (accuracy !== undefined) {
    rows.push([tokenAccuracy === undefined ? "accuracy" : "step accuracy", percent(accuracy)]);
  }
  if (macroF1 !== undefined) rows.push(["macro F1", macroF1.toFixed(4)]);
  if (rmse !== undefined) rows.push(["RMSE", rmse.toPrecision(5)]);
  if (mae !== undefined) rows.push(["MAE", mae.toPrecision(5)]);
  return rows;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function classLines({ perClass, tokenAccuracy }: ExampleEvaluation): string[] {
  if (perClass === undefined) return [];
  const [heading, count] = tokenAccuracy === undefined ? ["class", "examples"] : ["tag", "tokens"];
  const rows = perClass.map(({ label, precision, recall, f1, support }) => [
    label,
    precision.toFixed(3),
    recall.toFixed(3),
    f1.toFixed(3),
    formatCount(support),
  ]);
  return ["", ...table([[heading, "precision", "recall", "F1", count], ...rows], { right: [1, 2, 3, 4] })];
}

/** The confusion of classes, unless the terminal is too narrow for a column for each. */
function confusionLines({ perClass, confusion }: ExampleEvaluation, columns = Infinity): string[] {
  if (perClass === undefined || confusion === undefined) return [];
  const heading = [
    "truth \\ predicted",
    ...perClass.map(({ label }) => Array.from(label).slice(0, 6).join("")),
  ];
  const rows = confusion.map((row, index) => [
    perClass[index].label,
    ...row.map((count) => (count === 0 ? "." : String(count))),
  ]);
  const lines = table([heading, ...rows], { right: perClass.map((_, index) => index + 1) });
  return lines.every((line) => stringWidth(line) <= columns) ? ["", ...lines] : [];
}
