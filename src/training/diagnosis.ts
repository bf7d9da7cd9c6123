import type { Engine } from "../engine/engine.ts";
import { STATUS } from "../engine/operations/status.ts";
import { entry, type Tensor } from "../engine/tensor.ts";
import type { LearnerLayout, LearnerProgram } from "./learner.ts";

/** Where a chunk's numbers first stopped being finite, or, where all are, where they are largest. */
export interface Diagnosis {
  /** What went first, in words: "the cell state of layer 1". */
  readonly what: string;
  /** The step within the chunk, from 0; undefined where a parameter itself is not finite. */
  readonly step: number | undefined;
  /** The parameter to blame. */
  readonly parameter: string;
  /** Its largest value and the norm of its gradient, by magnitude. */
  readonly largestValue: number;
  readonly gradientNorm: number;
}

type LearnerEngine = Engine<LearnerProgram>;

/** What went, and at which step of the chunk, and the parameters that may be to blame. */
interface Finding {
  readonly what: string;
  readonly step: number | undefined;
  readonly suspects: readonly string[];
}

/**
 * Looks into a chunk that was not learned from and has just been computed: first at the parameters, then forward step
 * by step and layer by layer, then at the gradients on their way back. Going back consumed the activations, so that the
 * chunk is sent forward again.
 */
export async function diagnose(
  engine: LearnerEngine,
  laid: LearnerLayout,
  steps: number,
): Promise<Diagnosis> {
  const parameters = await describeParameters(engine, laid);
  const names = parameters.map(({ name }) => name);
  const broken = parameters.find(({ largestValue }) => !Number.isFinite(largestValue))?.name;
  // Before the gates hold activations again.
  const backward = await findBackward(engine, laid, steps, names);
  await engine.run(`forward${steps}`);
  const { what, step, suspects }: Finding =
    broken !== undefined
      ? { what: `the parameter ${broken}`, step: undefined, suspects: [broken] }
      : ((await findForward(engine, laid, steps, names)) ??
        backward ?? { what: "the loss", step: await worstStep(engine, laid, steps), suspects: names });
  const candidates = parameters.filter(({ name }) => suspects.includes(name));
  const [{ name, largestValue, gradientNorm }] = candidates.sort((a, b) => severity(b) - severity(a));
  return { what, step, parameter: name, largestValue, gradientNorm };
}

/** What is the first not to be finite on the way forward. */
async function findForward(
  engine: LearnerEngine,
  { unrolled, network }: LearnerLayout,
  steps: number,
  names: readonly string[],
): Promise<Finding | undefined> {
  const stateNames = network.cell.states;
  const head = ["head.weight", "head.bias"];
  for (let step = 0; step < steps; step++) {
    for (const [layer, { states }] of unrolled.cells.entries()) {
      // The hidden state comes from the others, so that they are looked at first.
      for (const [index, state] of [...states.entries()].reverse()) {
        if (await isFinite(engine, entry(state, step + 1))) continue;
        const name = index === 0 ? "hidden state" : `${stateNames[index]} state`;
        return { what: `the ${name} of layer ${layer}`, step, suspects: ofLayer(names, layer) };
      }
    }
    if (!(await isFinite(engine, entry(unrolled.logits, step)))) {
      return { what: "the logits", step, suspects: head };
    }
    if (!(await isFinite(engine, entry(unrolled.losses, step)))) {
      return { what: "the loss", step, suspects: head };
    }
  }
  return undefined;
}

/** What is the first not to be finite on the way back. */
async function findBackward(
  engine: LearnerEngine,
  { unrolled, optimizer }: LearnerLayout,
  steps: number,
  names: readonly string[],
): Promise<Finding | undefined> {
  for (let step = steps - 1; step >= 0; step--) {
    for (const [layer, { gates }] of [...unrolled.cells.entries()].reverse()) {
      if (await isFinite(engine, entry(gates, step))) continue;
      return { what: `the gradient of layer ${layer}'s gates`, step, suspects: ofLayer(names, layer) };
    }
  }
  const { [STATUS.GRADIENT_NORM]: gradientNorm } = await engine.read(optimizer.status);
  if (Number.isFinite(gradientNorm)) return undefined;
  // Each is finite, but not the sum of their squares.
  const gradients = await Promise.all(
    Array.from({ length: steps }, (_, t) =>
      Promise.all(unrolled.cells.map(async ({ gates }) => largest(await engine.read(entry(gates, t))))),
    ),
  );
  const largestGradients = gradients.map((layers) => Math.max(...layers));
  const step = largestGradients.indexOf(Math.max(...largestGradients));
  return { what: "the gradient norm", step, suspects: names };
}

/** The step with the largest loss. */
async function worstStep(engine: LearnerEngine, { unrolled }: LearnerLayout, steps: number): Promise<number> {
  const losses = await Promise.all(
    Array.from({ length: steps }, async (_, t) => mean(await engine.read(entry(unrolled.losses, t)))),
  );
  return losses.indexOf(Math.max(...losses));
}

interface ParameterState {
  readonly name: string;
  readonly largestValue: number;
  readonly gradientNorm: number;
}

/** A gradient that is no number is worse than any norm. */
function severity({ gradientNorm }: ParameterState): number {
  return Number.isFinite(gradientNorm) ? gradientNorm : Infinity;
}

function describeParameters(engine: LearnerEngine, { network }: LearnerLayout): Promise<ParameterState[]> {
  return Promise.all(
    network.parameters.map(async ({ name, tensor, gradient }) => ({
      name,
      largestValue: largest(await engine.read(tensor)),
      gradientNorm: gradient ? norm(await engine.read(gradient)) : 0,
    })),
  );
}

/** The parameters of a layer among these. */
function ofLayer(names: readonly string[], layer: number): string[] {
  return names.filter((name) => name.startsWith("rnn.") && name.endsWith(`_l${layer}`));
}

async function isFinite(engine: LearnerEngine, tensor: Tensor): Promise<boolean> {
  return (await engine.read(tensor)).every((value: number) => Number.isFinite(value));
}

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
