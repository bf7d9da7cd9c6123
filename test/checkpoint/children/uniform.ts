import { elementCount } from "../../../src/engine/tensor.ts";
import { type Checkpoint } from "../../../src/checkpoint/format.ts";
import { type StoredValues } from "../../../src/model/weights.ts";
import { parameterShapes } from "../../../src/model/shapes.ts";

/** A checkpoint at `step`, about 2 MB of file, whose every weight is `step`: a mixture of two would show. */
export function uniformCheckpoint(step: number): Checkpoint {
  const model = { cell: "lstm", layers: 1, hidden: 300, embedding: 0, dropout: 0 } as const;
  const parameters = new Map<string, StoredValues>();
  for (const [name, shape] of parameterShapes(model, { inputs: 2, outputs: 2 })) {
    parameters.set(name, { shape, dtype: "float32", data: new Float32Array(elementCount(shape)).fill(step) });
  }
  return { model, vocabulary: { unit: "char", symbols: ["a", "b"] }, parameters, training: { step } };
}
