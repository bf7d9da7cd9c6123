import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type Checkpoint } from "../../src/checkpoint/format.ts";
import { type ModelConfig } from "../../src/model/network.ts";
import { Random } from "../../src/random.ts";
import { encodeSeries, networkSizes } from "../../src/tasks/series/code.ts";
import { wholeParts } from "../../src/tasks/series/series-splits.ts";
import { SeriesTrainingData } from "../../src/tasks/series/series-training-data.ts";
import { Learner } from "../../src/training/learner.ts";
import { completeOptions } from "../../src/training/option-checks.ts";
import { type TrainOptions } from "../../src/training/options.ts";
import { predict } from "../../src/training/predict.ts";
import { autoregression, plainCode, randomCheckpoint, rowsOf } from "../tasks/series/fixture.ts";
import {
  askTorch,
  python,
  randomParameters,
  type OnlineAnswer,
  type OnlineRequest,
  type SeriesRequest,
} from "./oracle.ts";

const code = plainCode("x", "y");

/** Rows of two numbers. */
function randomSeries(length: number, seed: number): number[][] {
  const [x, y] = [1, 2].map((stream) => autoregression(length, Random.of(seed, stream)).values);
  return x.map((value, row) => [value / 2, y[row] / 2]);
}

function modelOf(cell: ModelConfig["cell"], given: Partial<TrainOptions>) {
  const config = { cell, layers: 2, hidden: 12, embedding: 0, dropout: 0 } as const;
  const options = completeOptions({ task: "series", input: "x,y", ...given });
  return {
    config,
    width: 2,
    parameters: randomParameters(config, networkSizes(code), Random.of(6)),
    options,
  };
}

const cells = ["rnn", "lstm", "gru"] as const;
const EPOCHS = 8;

/** Data of series of unequal length, in chunks of which some are padded, and some rows have ended. */
function dataOf(options: TrainOptions) {
  const series = [70, 9, 33, 2, 21].map((length, seed) =>
    encodeSeries(rowsOf(randomSeries(length, seed)), code),
  );
  return new SeriesTrainingData({ train: wholeParts(series), val: [], test: [] }, code, options);
}

function trainingRequest(cell: (typeof cells)[number]): SeriesRequest {
  const model = modelOf(cell, { batchSize: 3, seqLength: 10, lr: 0.01, clipNorm: 0.5 });
  const data = dataOf(model.options);
  const chunks = Array.from({ length: EPOCHS * data.chunksPerEpoch }, (_, index) => {
    const epoch = 1 + Math.floor(index / data.chunksPerEpoch);
    const { inputs, ...chunk } = data.chunk(index % data.chunksPerEpoch, epoch);
    const copies = Object.entries(inputs).map(([name, values]) => [name, values.slice()]);
    return { ...chunk, inputs: Object.fromEntries(copies) as typeof inputs };
  });
  return { ...model, batch: 3, chunks };
}

const training = new Map(cells.map((cell) => [cell, trainingRequest(cell)]));

describe.skipIf(!python)("training on series follows PyTorch's to 1e-4", () => {
  let answers: ReturnType<typeof askTorch<SeriesRequest>>;
  beforeAll(() => {
    answers = askTorch(training);
  });

  it.each([...training])("%s", async (cell, { config, options, chunks, parameters }) => {
    const learner = await Learner.open(
      { config, data: dataOf(options), options },
      { engine: "wasm", threads: 2 },
    );
    learner.loadParameters(parameters);
    const { losses, gradientNorms } = answers[cell];
    expect(losses).toHaveLength(chunks.length);
    for (const [index, chunk] of chunks.entries()) {
      const { loss, gradientNorm } = await learner.update(chunk, index + 1, options.lr);
      expect(Math.abs(loss - losses[index]), `loss ${index}`).toBeLessThan(1e-4);
      expect(Math.abs(gradientNorm - gradientNorms[index]), `norm ${index}`).toBeLessThan(1e-4);
    }
    await learner.close();
    expect(chunks.some(({ shape }) => shape !== "10") && chunks.some(({ fresh }) => !fresh)).toBe(true);
  });
});

const rows = randomSeries(50, 9);
const online = new Map<string, OnlineRequest>(
  cells.flatMap((cell) =>
    [
      { optimizer: "adam", lr: 0.01, seqLength: 7 } as const,
      { optimizer: "sgd", lr: 0.1, clipNorm: 0.3, seqLength: 1 } as const,
      { optimizer: "sgd", lr: 0.1, seqLength: 100 } as const,
    ].map((options) => [
      `${cell}, ${options.optimizer}, window ${options.seqLength}`,
      { ...modelOf(cell, options), series: rows, window: options.seqLength },
    ]),
  ),
);

/** A checkpoint with the weights and the options of a request. */
async function checkpointOf({ config, parameters, options }: OnlineRequest): Promise<Checkpoint> {
  const checkpoint = await randomCheckpoint(code, config);
  const weights = [...parameters].map(([name, { shape, data }]) => {
    return [name, { shape, dtype: "float32", data: Float32Array.from(data) }] as const;
  });
  return { ...checkpoint, parameters: new Map(weights), training: { step: 1, options: { ...options } } };
}

describe.skipIf(!python)("predictions with an update for each row follow PyTorch's to 1e-4", () => {
  let answers: Record<string, OnlineAnswer>;
  beforeAll(() => {
    answers = askTorch(online);
  });

  it.each([...online])("%s", async (name, request) => {
    const path = join(mkdtempSync(join(tmpdir(), "charrnn-")), "rows.csv");
    writeFileSync(path, `x,y\n${rows.map((row) => `${row.join(",")}\n`).join("")}`);
    const engine = { engine: "wasm", threads: 0 } as const;
    const predictions: number[][] = [];
    for await (const { prediction } of predict(await checkpointOf(request), path, {
      ...engine,
      update: true,
    })) {
      predictions.push(prediction as number[]);
    }
    const torchs = answers[name].predictions;
    expect(predictions).toHaveLength(torchs.length);
    const far = predictions.flat().map((number, index) => Math.abs(number - torchs.flat()[index]));
    expect(Math.max(...far)).toBeLessThan(1e-4);
  });
});
