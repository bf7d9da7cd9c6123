import { describe, expect, it } from "vitest";
import { Layout } from "../../../src/engine/tensor.ts";
import { Random } from "../../../src/random.ts";
import { encodeSeries } from "../../../src/tasks/series/code.ts";
import { splitSeries, wholeParts } from "../../../src/tasks/series/series-splits.ts";
import { SeriesTrainingData } from "../../../src/tasks/series/series-training-data.ts";
import { completeOptions } from "../../../src/training/option-checks.ts";
import { type TrainOptions } from "../../../src/training/options.ts";
import { autoregression, counting, plainCode, randomCheckpoint, rowsOf, smallModel } from "./fixture.ts";
import { chooseEngine } from "../../../src/engine/engines.ts";

const code = plainCode("x");

/** Training data of series that count up from 0. */
function dataOf(lengths: readonly number[], given: Partial<TrainOptions>) {
  const options = completeOptions({ task: "series", input: "x", ...given });
  const splits = { train: wholeParts(lengths.map(counting)), val: [], test: [] };
  return new SeriesTrainingData(splits, code, options);
}

/** The chunks of an epoch: what each reads and predicts where it counts, row by row of the batch. */
function chunksOf(data: SeriesTrainingData, epoch = 1) {
  const { batchSize: B } = data;
  return Array.from({ length: data.chunksPerEpoch }, (_, index) => {
    const { inputs: values, fresh, shape, counted, symbols } = data.chunk(index, epoch);
    const { inputs, targets, weights } = values;
    const rows = Array.from({ length: B }, (_row, b) =>
      Array.from({ length: Number(shape) }, (_step, t) => t * B + b)
        .filter((place) => weights[place] === 1)
        .map((place) => [inputs[place], targets[place]]),
    );
    return { fresh, shape, counted, symbols, rows };
  });
}

describe("an epoch of one series", () => {
  it("reads parallel streams in chunks, with the states carried from the first chunk on", () => {
    // 11 rows can be predicted, in streams of 5 and 6.
    expect(chunksOf(dataOf([12], { batchSize: 2, seqLength: 4 }))).toEqual([
      {
        fresh: true,
        shape: "4",
        counted: 8,
        symbols: 8,
        // The longer stream comes first.
        rows: [[5, 6, 7, 8].map((row) => [row, row + 1]), [0, 1, 2, 3].map((row) => [row, row + 1])],
      },
      {
        fresh: false,
        shape: "2",
        counted: 3,
        symbols: 3,
        rows: [
          [
            [9, 10],
            [10, 11],
          ],
          [[4, 5]],
        ],
      },
    ]);
  });

  it("has at least 70 chunks with the usual batch size, if the series is long enough", () => {
    // 5 streams of 3,600 rows have 72 chunks of 50; 6 streams of 3,000 have 60.
    expect(dataOf([18_001], { seqLength: 50 })).toMatchObject({ batchSize: 5, chunksPerEpoch: 72 });
    expect(dataOf([30], { seqLength: 50 })).toMatchObject({ batchSize: 1, chunksPerEpoch: 1 });
  });

  it("refuses a batch size that leaves rows of every batch empty", () => {
    expect(() => dataOf([100], { batchSize: 5, seqLength: 50 })).toThrow(
      "the training split gives 1 stream of --seq-length 50, too few for --batch-size 5: give at most --batch-size 1",
    );
  });
});

describe("an epoch of several series", () => {
  const data = dataOf([9, 4, 6, 3], { batchSize: 2, seqLength: 5, seed: 3 });

  it("starts each group of series with zero states", () => {
    const chunks = chunksOf(data);
    // Series of 8 and 5 steps go together, and so do those of 3 and 2. Only the first group has a second chunk.
    expect(chunks.map(({ counted, fresh }) => [counted, fresh])).toEqual(
      expect.arrayContaining([
        [10, true],
        [3, false],
        [5, true],
      ]),
    );
    expect(chunks).toHaveLength(3);
    expect(data.symbolsPerEpoch).toBe(18);
    expect(chunks.reduce((sum, { symbols }) => sum + symbols, 0)).toBe(18);
  });

  it("takes the groups in an order that seed and epoch decide", () => {
    const orders = [1, 2, 3, 4, 5, 6].map((epoch) => chunksOf(data, epoch).map(({ counted }) => counted));
    expect(new Set(orders.map(String)).size).toBe(2);
    expect(chunksOf(data, 2).map(({ counted }) => counted)).toEqual(orders[1]);
  });

  it("has a program for the shape of each chunk", () => {
    const layout = new Layout();
    const dropout = { seed: 1, clock: layout.tensor([1], "int32") };
    const { shapes } = data.lay(layout, smallModel, dropout).model;
    for (const { shape } of chunksOf(data)) expect([...shapes.keys()]).toContain(shape);
  });
});

it("several columns count as several numbers, so that the loss is a mean over all of them", () => {
  const two = plainCode("x", "y");
  const series = encodeSeries(
    rowsOf([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
    two,
  );
  const options = completeOptions({ task: "series", input: "x,y", batchSize: 1 });
  const data = new SeriesTrainingData({ train: wholeParts([series]), val: [], test: [] }, two, options);
  expect(data.chunk(0, 1)).toMatchObject({ counted: 4, symbols: 2 });
  // Always 0 has the squared errors 9, 16, 25 and 36: 86 / 4.
  expect(data.uniformLoss).toBe(21.5);
  expect(data.sizes).toMatchObject({
    vocabulary: 2,
    numeric: true,
    series: 1,
    symbols: { train: 3, val: 0, test: 0 },
  });
  expect(data.validationLacks).toBe("the series are too short for a validation split with --val-frac 0.05");
});

it("an outlier raises the loss that counts as an explosion", () => {
  const values = Array.from({ length: 40 }, (_, row) => (row === 33 ? 30 : 0));
  const series = encodeSeries(rowsOf(values), code);
  const options = completeOptions({ task: "series", input: "x", seqLength: 10, batchSize: 1 });
  const data = new SeriesTrainingData({ train: wholeParts([series]), val: [], test: [] }, code, options);
  // The last chunk has 9 rows to predict, and one of them is 30 deviations from the mean.
  expect(data.uniformLoss).toBe(100);
});

it("the preview shows the last predictions of the validation beside the rows that came", async () => {
  const { values } = autoregression(60, Random.of(1));
  const splits = splitSeries([encodeSeries(rowsOf(values), code)], { valFrac: 0.1, testFrac: 0.1 });
  const data = new SeriesTrainingData(splits, code, completeOptions({ task: "series", input: "x" }));
  const engine = await chooseEngine("wasm", { mayCompile: false });
  const lines = (await data.preview(await randomCheckpoint(code), { seed: 1, engine })).split("\n");
  // The 6 rows of the validation are 48 to 53.
  const shown = (row: number) => String(Number(values[row].toPrecision(4)));
  expect(lines).toHaveLength(4);
  lines.forEach((line, index) => {
    const [read, right] = [shown(49 + index), shown(50 + index)];
    expect(line.startsWith(`${read} -> `) && line.endsWith(` (right: ${right})`), line).toBe(true);
  });
});
