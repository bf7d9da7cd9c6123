import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { type Checkpoint } from "../../../src/checkpoint/format.ts";
import { openEngine } from "../../../src/engine/engines.ts";
import { Layout } from "../../../src/engine/tensor.ts";
import { Network } from "../../../src/model/network.ts";
import { writeStored } from "../../../src/model/weights.ts";
import { Random } from "../../../src/random.ts";
import { encodeSeries, networkSizes, numbersOfOutputs } from "../../../src/tasks/series/code.ts";
import { predict } from "../../../src/tasks/series/predict.ts";
import { SeriesScorer } from "../../../src/tasks/series/series-scorer.ts";
import { wholeParts } from "../../../src/tasks/series/series-splits.ts";
import { planScoring } from "../../../src/tasks/series/stretches.ts";
import { type PredictOptions } from "../../../src/tasks/task.ts";
import { plainCode, randomCheckpoint, rowsOf, smallModel } from "./fixture.ts";

const scales = [
  { mean: 0.5, deviation: 2 },
  { mean: -10, deviation: 5 },
];
const code = { ...plainCode("x", "y"), scales };
const folder = mkdtempSync(join(tmpdir(), "charrnn-"));
const random = Random.of(5);
const rows = Array.from({ length: 60 }, () => [4 * random.next(), 20 * random.next() - 20]);

function tableOf(values: readonly (readonly number[])[], name = "table.csv"): string {
  const path = join(folder, name);
  writeFileSync(path, `x,y\n${values.map((row) => `${row.join(",")}\n`).join("")}`);
  return path;
}

async function answersOf(checkpoint: Checkpoint, path: string, options: PredictOptions = {}) {
  const answers = [];
  for await (const answer of predict(checkpoint, path, { engine: "wasm", threads: 0, ...options })) {
    answers.push(answer);
  }
  return answers;
}

const numbersIn = (answers: Awaited<ReturnType<typeof answersOf>>) =>
  answers.map(({ prediction }) => prediction as number[]);

/** That two lists of rows are about equal. */
function expectClose(actual: readonly (readonly number[])[], expected: readonly (readonly number[])[]): void {
  expect(actual.length).toBe(expected.length);
  actual.flat().forEach((number, index) => {
    expect(number).toBeCloseTo(expected.flat()[index], 4);
  });
}

describe("the predictions for a table", () => {
  it("are the next row for each row, as a scorer finds them that reads many rows at once", async () => {
    const checkpoint = await randomCheckpoint(code);
    const answers = await answersOf(checkpoint, tableOf(rows));
    expect(answers.map(({ line, input }) => ({ line, input }))).toEqual(
      rows.map((input, index) => ({ line: index + 2, input })),
    );

    const layout = new Layout();
    const network = new Network(layout, smallModel, networkSizes(code), { training: false });
    const series = encodeSeries(rowsOf(rows), code);
    const scorer = new SeriesScorer(layout, network, planScoring(wholeParts([series])));
    const engine = await openEngine(layout, scorer.programs, { engine: "wasm", threads: 0 });
    writeStored(engine, network.parameters, checkpoint.parameters);
    const expected: number[][] = [];
    await scorer.score(engine, (_, row, outputs) => {
      expected[row - 1] = numbersOfOutputs(outputs, scales);
    });
    await engine.close();
    // The scorer does not predict what comes after the last row.
    expectClose(numbersIn(answers).slice(0, -1), expected);
  });

  it("are numbers and no lists, if the model reads one column", async () => {
    const checkpoint = await randomCheckpoint(plainCode("y"));
    const answers = await answersOf(checkpoint, tableOf(rows.slice(0, 3)));
    expect(answers.map(({ prediction }) => typeof prediction)).toEqual(["number", "number", "number"]);
  });

  it("start each series with the zero state", async () => {
    const bySeries = { ...code, columns: { ...code.columns, sequence: "id", order: "day" } };
    const checkpoint = await randomCheckpoint(bySeries);
    const path = join(folder, "two.csv");
    const lines = ["a,2", "b,1", "a,1", "b,2"].map((id) => `${id},${rows[Number(id.slice(2))].join(",")}\n`);
    writeFileSync(path, `id,day,x,y\n${lines.join("")}`);
    const answers = await answersOf(checkpoint, path);
    expect(answers.map(({ line }) => line)).toEqual([4, 2, 3, 5]);
    const [first, second, ...others] = numbersIn(answers);
    expect(others).toEqual([first, second]);
    expectClose(
      [first, second],
      numbersIn(await answersOf(await randomCheckpoint(code), tableOf(rows.slice(1, 3)))),
    );
  });

  it("are the same for a row of numbers on each line", async () => {
    const checkpoint = await randomCheckpoint(code);
    const stdin = Readable.from(rows.slice(0, 9).map((row) => `${row.join(" ")}\n`));
    const lines = await answersOf(checkpoint, "-", { stdin });
    expect(numbersIn(lines)).toEqual(numbersIn(await answersOf(checkpoint, tableOf(rows.slice(0, 9)))));
  });
});

describe("predictions of so many steps", () => {
  it("go on from the last row, and read what they predicted", async () => {
    const checkpoint = await randomCheckpoint(code);
    const start = rows.slice(0, 7);
    const answers = await answersOf(checkpoint, tableOf(start), { steps: 3 });
    const ahead = numbersIn(answers);
    expect(answers.map(({ input }) => input)).toEqual([start[6], ahead[0], ahead[1]]);
    // The same model predicts the same, if a table has the first predictions as rows.
    const again = numbersIn(await answersOf(checkpoint, tableOf([...start, ahead[0], ahead[1]])));
    expectClose(ahead, again.slice(-3));
  });

  it("follow each series of a table", async () => {
    const bySeries = { ...code, columns: { ...code.columns, sequence: "x" } };
    const path = join(folder, "series.csv");
    writeFileSync(path, "x,y\n1,2\n3,4\n1,5\n");
    const answers = await answersOf(await randomCheckpoint(bySeries), path, { steps: 2 });
    expect(answers.map(({ line }) => line)).toEqual([4, 4, 3, 3]);
  });
});

describe("what a model of a series refuses", () => {
  it.each<[string, PredictOptions, string]>([
    ["--top", { top: 2 }, "--top is for models that predict classes"],
    ["--threshold", { threshold: 0.5 }, "--threshold is for a model of two classes"],
    ["no steps", { steps: 0 }, "the number of steps takes a whole number at least 1"],
  ])("%s", async (_, options, message) => {
    await expect(answersOf(await randomCheckpoint(code), tableOf(rows), options)).rejects.toThrow(message);
  });

  it("a gap, after the predictions for the rows before it", async () => {
    const path = join(folder, "gap.csv");
    writeFileSync(path, "x,y\n1,2\n,4\n");
    const answers = predict(await randomCheckpoint(code), path, { engine: "wasm", threads: 0 });
    expect((await answers.next()).value).toMatchObject({ line: 2 });
    await expect(answers.next()).rejects.toThrow('gap.csv, line 3, column "x" must be a number, but is ""');
  });

  it("lines of numbers, if a column says which series a row belongs to", async () => {
    const bySeries = { ...code, columns: { ...code.columns, sequence: "id" } };
    const answers = answersOf(await randomCheckpoint(bySeries), "-", { stdin: Readable.from(["1 2\n"]) });
    await expect(answers).rejects.toThrow(
      "the model finds its series by the column id: give standard input as a table",
    );
  });
});
