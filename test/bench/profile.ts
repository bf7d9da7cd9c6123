import { openEngine } from "../../src/engine/engines.ts";
import { type EngineName } from "../../src/engine/engine.ts";
import { type Operation, type OperationName } from "../../src/engine/operation.ts";
import { rowCount, width, type Tensor } from "../../src/engine/tensor.ts";
import { initialParameters } from "../../src/model/initialization.ts";
import { namedData, writeStored } from "../../src/model/weights.ts";
import { Random } from "../../src/random.ts";
import { LearnerLayout } from "../../src/training/learner.ts";
import { planOf, type Size } from "./size.ts";

/** A part of a chunk: the milliseconds that it takes on one thread, and the operations of its products. */
export interface Part {
  readonly name: string;
  milliseconds: number;
  flops: number;
}

/**
 * Where the time of a chunk goes on one thread: every operation of an update is timed by itself, in its place in the
 * chunk, and the times of those that do the same job are added up. The fastest of `rounds` chunks counts; there are
 * enough for V8 to have compiled the WASM kernels anew before the last.
 */
export async function profile(size: Size, engine: EngineName, rounds = 10): Promise<Part[]> {
  const plan = planOf(size);
  const laid = new LearnerLayout(plan);
  const operations = laid.programs[`update${size.steps}`];
  const programs = Object.fromEntries(operations.map((operation, index) => [String(index), [operation]]));
  const opened = await openEngine(laid.layout, programs, { engine, threads: 0 });
  const random = Random.of(1);
  const init = { init: "torch", initRange: 0, forgetBias: 1 } as const;
  const values = await initialParameters(plan.config, plan.data.network, init, random);
  writeStored(opened, laid.model.parameters, namedData(values));
  const { inputs, counted } = plan.data.chunk(0, 1);
  for (const [name, values] of Object.entries(inputs)) opened.write(laid.model.inputs[name], values);
  opened.write(laid.model.counted, [counted]);
  opened.write(laid.optimizer.rates, laid.optimizer.ratesAt(1, 0));

  const head = laid.model.parameters.find(({ name }) => name === "head.weight")?.tensor;
  let best: Part[] = [];
  for (let round = 0; round < rounds; round++) {
    const parts = new Map<string, Part>();
    let backward = false;
    for (const [index, operation] of operations.entries()) {
      const started = performance.now();
      await opened.run(String(index));
      const milliseconds = performance.now() - started;
      backward ||= operation.op === "softmaxCrossEntropy";
      const name = partOf(operation, backward, head);
      const part = parts.get(name) ?? { name, milliseconds: 0, flops: 0 };
      part.milliseconds += milliseconds;
      part.flops += flopsOf(operation);
      parts.set(name, part);
    }
    const chunk = [...parts.values()];
    if (best.length === 0 || totalOf(chunk) < totalOf(best)) best = chunk;
  }
  await opened.close();
  return best;
}

export function totalOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
}

function partOf(operation: Operation, backward: boolean, head: Tensor | undefined): string {
  const { op } = operation;
  if (op === "multiply") {
    const step = operation.output.shape.length === 2;
    if (backward) return step ? "recurrent products, backward" : "products to the layer below, backward";
    if (step) return "recurrent products, forward";
    return operation.weights === head ? "head product" : "input projections";
  }
  const part = parts[op];
  if (part !== undefined) return part;
  return op.endsWith("Forward") ? "cells, forward" : "cells, backward";
}

/** What the operations beside products and cells belong to. */
const parts: Partial<Record<OperationName, string>> = {
  pack: "weights packed",
  gather: "one-hot input gathered",
  scatter: "one-hot input's gradient",
  weightGradient: "weight gradients",
  biasGradient: "bias gradients",
  softmaxCrossEntropy: "softmax and loss",
  sigmoidCrossEntropy: "softmax and loss",
  squaredError: "softmax and loss",
  copy: "states",
  moveRows: "rows moved",
  zero: "states",
  dropout: "states",
  sumOfSquares: "norm and update",
  checkDivergence: "norm and update",
  adam: "norm and update",
  scaledByRoot: "norm and update",
  sgd: "norm and update",
};

function flopsOf(operation: Operation): number {
  if (operation.op === "multiply")
    return 2 * rowCount(operation.output) * width(operation.input) * width(operation.output);
  if (operation.op === "weightGradient") return 2 * rowCount(operation.input) * operation.gradient.size;
  return 0;
}
