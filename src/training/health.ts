import { type HealthEvent } from "./events.ts";
import { type Learner } from "./learner.ts";
import { type Assessment } from "./optimizer.ts";
import { type TrainOptions } from "./options.ts";
import { changesBetween, normOf, ratioOf } from "./parameter-gradients.ts";

/** The steps since the last health event, and how many of them were clipped. */
export interface ClippedSteps {
  readonly steps: number;
  readonly clipped: number;
}

export const NO_STEPS: ClippedSteps = { steps: 0, clipped: 0 };

type HealthOptions = Pick<TrainOptions, "healthEvery" | "clipNorm" | "clipValue">;

/** Whether the health of the parameters is measured after a step. */
export function isHealthDue(step: number, { healthEvery }: HealthOptions): boolean {
  return healthEvery > 0 && step % healthEvery === 0;
}

/** Counts one more step. */
export function countClipped(
  { steps, clipped }: ClippedSteps,
  { gradientNorm }: Assessment,
  options: HealthOptions,
): ClippedSteps {
  return {
    steps: steps + 1,
    clipped: clipped + (clipsByNorm(options) && gradientNorm > options.clipNorm ? 1 : 0),
  };
}

function clipsByNorm({ clipNorm, clipValue }: HealthOptions): boolean {
  return clipValue === undefined && clipNorm > 0;
}

/** Measures an update that the learner has just made. `before` are the parameters before it. */
export async function healthOf(
  step: number,
  learner: Learner,
  before: Awaited<ReturnType<Learner["parameters"]>>,
  { steps, clipped }: ClippedSteps,
  options: HealthOptions,
): Promise<HealthEvent> {
  const gradients = await learner.gradients();
  const changes = changesBetween(before, await learner.parameters());
  return {
    event: "health",
    step,
    updateRatio: ratioOf(changes),
    clipped: clipsByNorm(options) ? clipped / steps : null,
    parameters: changes.map(({ name, weight, update }) => ({
      name,
      gradientNorm: normOf(gradients.get(name)?.data ?? []),
      updateRatio: update / weight,
    })),
  };
}
