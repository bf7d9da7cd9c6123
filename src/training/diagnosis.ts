import type { Engine } from "../engine/engine.ts";
import { entry, type Tensor } from "../engine/tensor.ts";
import { cells } from "../model/cells/index.ts";
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

/**
 * Looks into a chunk that was not learned from: first at the parameters, then forward step by step and layer by
 * layer, then at the gradients on their way back. The chunk is replayed, for its activations were consumed.
 */
export async function diagnose(
  engine: LearnerEngine,
  laid: LearnerLayout,
  steps: number,
): Promise<Diagnosis> {
  const parameters = await describeParameters(engine, laid);
  const blame = (what: string, step: number | undefined, names: readonly string[]): Diagnosis => {
    const candidates = parameters.filter(({ name }) => names.includes(name));
    const [worst] = candidates.sort((a, b) => severity(b) - severity(a));
    return { what, step, parameter: worst.name, ...magnitudes(worst) };
  };

  const broken = parameters.find(({ largestValue }) => !Number.isFinite(largestValue));
  if (broken) return blame(`the parameter ${broken.name}`, undefined, [broken.name]);

  await engine.run(`forward${steps}`);
  const { unrolled, network } = laid;
  const { cell } = network.config;
  for (let t = 0; t < steps; t++) {
    for (const [layer, { states }] of unrolled.cells.entries()) {
      // The hidden state comes from the others, so that they are looked at first.
      for (const [index, state] of [...states.entries()].reverse()) {
        if (await isFinite(engine, entry(state, t + 1))) continue;
        const name = index === 0 ? "hidden state" : `${cells[cell].stateNames[index]} state`;
        return blame(`the ${name} of layer ${layer}`, t, parameterNames(parameters, layer));
      }
    }
    if (!(await isFinite(engine, entry(unrolled.logits, t)))) {
      return blame("the logits", t, ["head.weight", "head.bias"]);
    }
    if (!(await isFinite(engine, entry(unrolled.losses, t)))) {
      return blame("the loss", t, ["head.weight", "head.bias"]);
    }
  }

  await engine.run(`update${steps}`);
  for (let t = steps - 1; t >= 0; t--) {
    for (const [layer, { gates }] of [...unrolled.cells.entries()].reverse()) {
      if (await isFinite(engine, entry(gates, t))) continue;
      return blame(`the gradient of layer ${layer}'s gates`, t, parameterNames(parameters, layer));
    }
  }
  const all = parameters.map(({ name }) => name);
  const losses = await Promise.all(
    Array.from({ length: steps }, async (_, t) => mean(await engine.read(entry(unrolled.losses, t)))),
  );
  return blame("the loss", losses.indexOf(Math.max(...losses)), all);
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

function magnitudes({ largestValue, gradientNorm }: ParameterState) {
  return { largestValue, gradientNorm };
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

function parameterNames(parameters: readonly ParameterState[], layer: number): string[] {
  return parameters
    .map(({ name }) => name)
    .filter((name) => name.startsWith("rnn.") && name.endsWith(`_l${layer}`));
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
