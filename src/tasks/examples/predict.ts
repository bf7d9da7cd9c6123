import { stdin as processStdin } from "node:process";
import { type Checkpoint } from "../../checkpoint/format.ts";
import { CharrnnError } from "../../errors.ts";
import { findFile, sourceName, type Source } from "../../text/sources.ts";
import { cellsOfLine } from "../../text/tables/number-lines.ts";
import { plainRows } from "../../text/tables/plain.ts";
import { tableFormatOf } from "../../text/tables/table.ts";
import { type Answered, type Candidate, type PredictOptions } from "../task.ts";
import { type Prediction } from "./answers.ts";
import { type TableColumns } from "./columns.ts";
import { encodeInputs, type Encoder } from "./encoder.ts";
import { Predictor } from "./predictor.ts";
import { exampleOf, tableExamples, type TableExample } from "./table-examples.ts";

/** This many examples are computed before their answers are given. */
const EXAMPLES_AT_ONCE = 1024;

/**
 * The answers of a model for the examples of the table at `path`, or of a text with one input on each line. The answers
 * come in the order of the inputs, as soon as they are computed.
 * @throws UsageError, CharrnnError if an option or an input is wrong, or the engine cannot run here
 */
export async function* predict(
  checkpoint: Checkpoint,
  path: string,
  options: PredictOptions = {},
): AsyncGenerator<Answered, void, undefined> {
  const { format, top = 1, threshold, unknown = "error", stdin = processStdin, engine, threads } = options;
  const source = await findFile(path, stdin);
  const predictor = new Predictor(checkpoint, { engine, threads });
  const { encoder } = predictor;
  if (threshold !== undefined && labelsOf(encoder).length !== 2) {
    throw new CharrnnError("--threshold is for a model of two classes: leave out --threshold");
  }
  try {
    for await (const examples of inputsOf(source, {
      ...encoder.columns,
      group: undefined,
      format: format ?? tableFormatOf(source.name),
    })) {
      const predictions = await predictor.predict(encodeInputs(examples, encoder, unknown));
      for (const [index, prediction] of predictions.entries()) {
        yield answerOf(examples[index], prediction, encoder, { top, threshold });
      }
    }
  } finally {
    await predictor.close();
  }
}

/**
 * The inputs of a source in batches: the examples of a table if the source has a table format, or else one input from
 * each line.
 */
export async function* inputsOf(source: Source, columns: TableColumns): AsyncGenerator<TableExample[]> {
  if (columns.format === undefined) {
    yield* lineInputs(source, columns);
    return;
  }
  let batch: TableExample[] = [];
  for await (const example of tableExamples(source, columns, false)) {
    batch.push(example);
    if (batch.length < EXAMPLES_AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function* lineInputs(source: Source, columns: TableColumns): AsyncGenerator<TableExample[]> {
  const { input, sequence } = columns;
  const name = sourceName(source.name);
  if (sequence !== undefined) {
    throw new CharrnnError(
      `the model reads sequences of rows: give ${name} as a table, and add --format if the file's extension does not tell the format`,
    );
  }
  for await (const rows of plainRows(source)) {
    const examples = Array.from(rows, (row) => {
      const { line, values } = columns.kind === "number" ? cellsOfLine(name, row, input) : row;
      return exampleOf(name, { line, values: [...values, ""] }, columns);
    });
    for (let start = 0; start < examples.length; start += EXAMPLES_AT_ONCE) {
      yield examples.slice(start, start + EXAMPLES_AT_ONCE);
    }
  }
}

function labelsOf({ answers }: Encoder): readonly string[] {
  return "labels" in answers ? answers.labels : [];
}

/** How the answer is chosen, and how many candidates it has. */
interface Choosing {
  readonly top: number;
  readonly threshold: number | undefined;
}

function answerOf(
  { steps, tokens, table, line }: TableExample,
  predictions: readonly Prediction[],
  encoder: Encoder,
  choosing: Choosing,
): Answered {
  const { kind, tags } = encoder.columns;
  const [first] = steps;
  const isRow = tags === undefined && kind === "number" && steps.length === 1;
  const answers = predictions.map((prediction) => chosenOf(prediction, labelsOf(encoder), choosing));
  const asked = { table, line, input: isRow ? first : (tokens ?? steps) };
  if (tags === undefined) return { ...asked, ...answers[0] };
  const prediction = answers.map((answer) => answer.prediction);
  if (labelsOf(encoder).length === 0) return { ...asked, prediction };
  const probability = answers.map((answer) => answer.probability ?? 0);
  return { ...asked, prediction, probability, candidates: answers.map((answer) => answer.candidates ?? []) };
}

interface Answer {
  readonly prediction: string | number;
  readonly probability?: number;
  readonly candidates?: readonly Candidate[];
}

function chosenOf(
  { answer, probabilities }: Prediction,
  labels: readonly string[],
  { top, threshold }: Choosing,
): Answer {
  if (labels.length === 0) return { prediction: answer };
  const chosen = threshold === undefined ? answer : Number(probabilities[1] >= threshold);
  const likeliest = [...labels.keys()].sort((one, other) => probabilities[other] - probabilities[one]);
  // With a threshold, the prediction may be the less likely class. The prediction still comes first.
  const candidates = [chosen, ...likeliest.filter((index) => index !== chosen)]
    .slice(0, top)
    .map((index) => ({ prediction: labels[index], probability: probabilities[index] }));
  return { prediction: labels[chosen], probability: probabilities[chosen], candidates };
}
