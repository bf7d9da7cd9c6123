import { createReadStream, statSync } from "node:fs";
import { join } from "node:path";
import { type TrainingState } from "../../../src/checkpoint/format.ts";
import { type StoredValues } from "../../../src/model/weights.ts";
import { elementCount } from "../../../src/engine/tensor.ts";
import { readCheckpoint } from "../../../src/checkpoint/read.ts";
import { writeCheckpoint } from "../../../src/checkpoint/write.ts";
import { parameterShapes } from "../../../src/model/shapes.ts";

// Writes and reads a checkpoint above 600 MB and prints its size and the most memory that took.
// 7,800 squared is 60.8 million weights: 243 MB, 324 million characters, more than one string of data holds.
const hidden = 7800;
const path = join(process.argv[2], "latest.json");
const model = { cell: "rnn", layers: 1, hidden, embedding: 0, dropout: 0 } as const;
const weights = new Float32Array(new SharedArrayBuffer(hidden * hidden * 4));
for (let index = 0; index < weights.length; index++) weights[index] = index % 1000;

const parameters = new Map<string, StoredValues>();
for (const [name, shape] of parameterShapes(model, { inputs: 2, outputs: 2 })) {
  const count = elementCount(shape);
  parameters.set(name, {
    shape,
    dtype: "float32",
    data: count === weights.length ? weights : new Float32Array(count),
  });
}
const moment: StoredValues = { shape: [hidden, hidden], dtype: "float32", data: weights };
const training: TrainingState = { step: 1, moment };

await writeCheckpoint(path, {
  model,
  vocabulary: { unit: "char", symbols: ["a", "b"] },
  parameters,
  training,
});
const read = readCheckpoint(path);
const bytesOf = (array: Float32Array | undefined) =>
  array === undefined ? Buffer.alloc(0) : Buffer.from(array.buffer, array.byteOffset, array.byteLength);
const copy = read.training?.moment as StoredValues;
const equal =
  bytesOf(weights).equals(bytesOf(read.parameters.get("rnn.weight_hh_l0")?.data)) &&
  bytesOf(weights).equals(bytesOf(copy.data));

let tail = "";
for await (const chunk of createReadStream(path, {
  start: 2 ** 28,
  end: 2 ** 28 + 2 ** 20,
  encoding: "latin1",
})) {
  tail += String(chunk);
}
const strings = tail.split('","').length;

process.stdout.write(
  JSON.stringify({
    fileBytes: statSync(path).size,
    tensorBytes: 3 * weights.byteLength,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    strings,
    equal,
  }),
);
