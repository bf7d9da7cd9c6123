import { type Engine } from "../engine/engine.ts";
import { entry, type Tensor } from "../engine/tensor.ts";
import { type Stage } from "../model/unrolled-network.ts";
import { type UnrolledModel } from "../tasks/task.ts";
import { type Optimizer } from "./optimizer.ts";

/** Where a chunk's numbers first stopped being finite or, if all are finite, where they are largest. */
export interface Diagnosis {
  /** The tensor that broke first, in words: "the cell state of layer 1". */
  readonly what: string;
  /** The time step within the chunk, from 0; undefined if a parameter itself is not finite. */
  readonly step: number | undefined;
  /** The parameter to blame. */
  readonly parameter: string;
  /** The parameter's largest magnitude, and the norm of its gradient. */
  readonly largestValue: number;
  readonly gradientNorm: number;
}

/** A rejected chunk whose update has just been computed again. */
export interface RejectedChunk {
  readonly model: UnrolledModel;
  readonly optimizer: Optimizer;
  readonly shape: string;
  /** Computes the chunk forward again. The backward pass has overwritten the activations. */
  readonly forwardAgain: () => Promise<void>;
}

/** The tensor that broke, its time step in the chunk, and the parameters that may be to blame. */
interface Finding {
  readonly what: string;
  readonly step: number | undefined;
  readonly suspects: readonly string[];
}

/**
 * Finds the tensor that broke first in a rejected chunk: a parameter, or a tensor of the forward or backward pass.
 */
export async function diagnose(engine: Engine, chunk: RejectedChunk): Promise<Diagnosis> {
  const unrolled = chunk.model.shapes.get(chunk.shape);
  if (unrolled === undefined) throw new Error(`no chunk has the shape ${chunk.shape}`);
  const parameters = await describeParameters(engine, chunk.model);
  const names = parameters.map(({ name }) => name);
  const broken = parameters.find(({ largestValue }) => !Number.isFinite(largestValue))?.name;
  const stages = unrolled.stages();
  // The gates' memory holds their gradients now. After the forward pass below, it holds their activations.
  const backward =
    (await firstBroken(engine, stages.backward)) ??
    (await findLargeGradients(engine, chunk.optimizer, stages.backward, names));
  await chunk.forwardAgain();
  const { what, step, suspects }: Finding =
    broken !== undefined
      ? { what: `the parameter ${broken}`, step: undefined, suspects: [broken] }
      : ((await firstBroken(engine, stages.forward)) ??
        backward ?? { what: "the loss", step: await worstStep(engine, unrolled.losses), suspects: names });
  const candidates = parameters.filter(({ name }) => suspects.includes(name));
  const [{ name, largestValue, gradientNorm }] = candidates.sort((a, b) => severity(b) - severity(a));
  return { what, step, parameter: name, largestValue, gradientNorm };
}

/** The first stage whose tensor has a number that is not finite. */
async function firstBroken(engine: Engine, stages: readonly Stage[]): Promise<Finding | undefined> {
  for (const { what, step, tensor, parameters } of stages) {
    if (!Number.isFinite(largest(await engine.read(tensor)))) return { what, step, suspects: parameters };
  }
  return undefined;
}

/** The time step with the largest gradient, if each gradient is finite but the sum of all squares is not. */
async function findLargeGradients(
  engine: Engine,
  optimizer: Optimizer,
  stages: readonly Stage[],
  names: readonly string[],
): Promise<Finding | undefined> {
  const { gradientNorm } = await optimizer.assessmentIn(engine, optimizer.status);
  if (Number.isFinite(gradientNorm)) return undefined;
  let worst = { step: 0, size: -Infinity };
  for (const { step, tensor } of stages) {
    const size = largest(await engine.read(tensor));
    if (size > worst.size) worst = { step, size };
  }
  return { what: "the gradient norm", step: worst.step, suspects: names };
}

/** The time step with the largest mean loss. */
async function worstStep(engine: Engine, losses: Tensor): Promise<number> {
  const means = await Promise.all(
    Array.from({ length: losses.shape[0] }, async (_, t) => mean(await engine.read(entry(losses, t)))),
  );
  return means.indexOf(Math.max(...means));
}

interface ParameterState {
  readonly name: string;
  readonly largestValue: number;
  readonly gradientNorm: number;
}

/** A gradient norm that is not finite is worse than any finite one. */
function severity({ gradientNorm }: ParameterState): number {
  return Number.isFinite(gradientNorm) ? gradientNorm : Infinity;
}

function describeParameters(engine: Engine, { parameters }: UnrolledModel): Promise<ParameterState[]> {
  return Promise.all(
    parameters.map(async ({ name, tensor, gradient }) => ({
      name,
      largestValue: largest(await engine.read(tensor)),
      gradientNorm: gradient ? norm(await engine.read(gradient)) : 0,
    })),
  );
}

/** The largest magnitude, or the first number that is not finite. */
function largest(values: Iterable<number>): number {
  let most = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) return value;
    most = Math.max(most, Math.abs(value));
  }
  return most;
}

function norm(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}
