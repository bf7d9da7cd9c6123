import { describe, expect, it } from "vitest";
import { openEngine } from "../../../src/engine/engines.ts";
import { Layout } from "../../../src/engine/tensor.ts";
import { Network } from "../../../src/model/network.ts";
import { writeStored } from "../../../src/model/weights.ts";
import { Random } from "../../../src/random.ts";
import { encodeSeries, networkSizes, type EncodedSeries } from "../../../src/tasks/series/code.ts";
import { measureSeries } from "../../../src/tasks/series/measure.ts";
import { SeriesScorer } from "../../../src/tasks/series/series-scorer.ts";
import { wholeParts, type Part } from "../../../src/tasks/series/series-splits.ts";
import { planScoring, type Stretch } from "../../../src/tasks/series/stretches.ts";
import { plainCode, randomCheckpoint, rowsOf, smallModel } from "./fixture.ts";

const code = {
  ...plainCode("x", "y"),
  scales: [
    { mean: 0.5, deviation: 2 },
    { mean: -10, deviation: 5 },
  ],
};

function randomSeries(length: number, seed: number): EncodedSeries {
  const random = Random.of(seed);
  const row = () => [4 * random.next() - 1, 20 * random.next() - 20];
  return encodeSeries(rowsOf(Array.from({ length }, row)), code);
}

/** Opens a scorer with random weights, and uses it. */
async function withScorer<Result>(
  stretches: readonly Stretch[],
  use: (scorer: SeriesScorer, engine: Awaited<ReturnType<typeof openEngine>>) => Promise<Result>,
): Promise<Result> {
  const layout = new Layout();
  const network = new Network(layout, smallModel, networkSizes(code), { training: false });
  const scorer = new SeriesScorer(layout, network, stretches);
  const engine = await openEngine(layout, scorer.programs, { engine: "wasm", threads: 0 });
  try {
    writeStored(engine, network.parameters, (await randomCheckpoint(code)).parameters);
    return await use(scorer, engine);
  } finally {
    await engine.close();
  }
}

/** The outputs for each row that counts, by series and row. */
const outputsFor = (stretches: readonly Stretch[]) =>
  withScorer(stretches, async (scorer, engine) => {
    const outputs = new Map<EncodedSeries, Map<number, number[]>>();
    const onRow = (series: EncodedSeries, row: number, values: ArrayLike<number>) => {
      const known = outputs.get(series) ?? new Map<number, number[]>();
      outputs.set(series, known.set(row, Array.from(values)));
    };
    return { ...(await scorer.score(engine, onRow)), outputs };
  });

const scoredParts = (parts: readonly Part<EncodedSeries>[]) => outputsFor(planScoring(parts));

describe("a scorer of series", () => {
  const all = [randomSeries(130, 1), randomSeries(3, 2), randomSeries(61, 3)];

  it("predicts every row except the first of each series, once", async () => {
    const { rows, outputs } = await scoredParts(wholeParts(all));
    expect(rows).toBe(129 + 2 + 60);
    for (const series of all) {
      const predicted = [...(outputs.get(series)?.keys() ?? [])].sort((a, b) => a - b);
      expect(predicted).toEqual(Array.from({ length: series.length - 1 }, (_, i) => i + 1));
    }
  });

  it("predicts the same for a series beside others as for this series alone", async () => {
    const together = await scoredParts(wholeParts(all));
    for (const series of all) {
      const alone = await scoredParts(wholeParts([series]));
      for (const [row, outputs] of alone.outputs.get(series) ?? []) {
        const beside = together.outputs.get(series)?.get(row) ?? [];
        outputs.forEach((output, index) => {
          expect(beside[index]).toBeCloseTo(output, 5);
        });
      }
    }
  });

  it("predicts a later part as if it had read the whole series, and counts that part only", async () => {
    const [series] = all;
    const whole = await scoredParts(wholeParts([series]));
    const part = await scoredParts([{ series, start: 100, end: 120 }]);
    expect(part.rows).toBe(20);
    for (const [row, outputs] of part.outputs.get(series) ?? []) {
      expect(row >= 100 && row < 120).toBe(true);
      const expected = whole.outputs.get(series)?.get(row) ?? [];
      outputs.forEach((output, index) => {
        expect(output).toBeCloseTo(expected[index], 5);
      });
    }
  });

  it("has as its loss the mean of the squared errors of all standardised numbers", async () => {
    const { loss, outputs } = await scoredParts(wholeParts(all));
    const squares = all.flatMap((series) =>
      [...(outputs.get(series) ?? [])].flatMap(([row, values]) =>
        values.map((value, column) => (value - series.standardised[2 * row + column]) ** 2),
      ),
    );
    expect(squares).toHaveLength(2 * 191);
    expect(loss).toBeCloseTo(squares.reduce((sum, square) => sum + square, 0) / squares.length, 5);
  });
});

it("the baselines always take the row before, and the mean of the training", async () => {
  // x: 1, 3, 0 and y: -10, -10, -4. Predicted are the last two rows.
  const series = encodeSeries(
    rowsOf([
      [1, -10],
      [3, -10],
      [0, -4],
    ]),
    code,
  );
  const measured = await withScorer(planScoring(wholeParts([series])), (scorer, engine) =>
    measureSeries(scorer, engine, code),
  );
  expect(measured.rows).toBe(2);
  // The row before: errors 2 and 3 in x, 0 and 6 in y. Squares: 13 / 2 and 36 / 2.
  expect(measured.baselines.last).toEqual({ rmse: (Math.sqrt(6.5) + Math.sqrt(18)) / 2, mae: (2.5 + 3) / 2 });
  // The means 0.5 and -10: errors 2.5 and 0.5 in x, 0 and 6 in y. Squares: 6.5 / 2 and 36 / 2.
  expect(measured.baselines.mean).toEqual({
    rmse: (Math.sqrt(3.25) + Math.sqrt(18)) / 2,
    mae: (1.5 + 3) / 2,
  });
  expect(measured.perColumn?.map(({ column }) => column)).toEqual(["x", "y"]);
});
