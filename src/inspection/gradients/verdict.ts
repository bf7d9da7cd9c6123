import { fitDecay, type Decay } from "./decay.ts";
import { type StateGradient } from "./state-gradients.ts";

/** A gradient carries if at least this part of it is left at the last lag. */
const CARRIES_FROM = 0.01;
/** A gradient explodes if it is this many times as large at the last lag. */
const EXPLODES_FROM = 10;
/** Updates are usually about a thousandth of the weights. Outside of these bounds the learning rate is suspect. */
const SMALL_UPDATE = 1e-5;
const LARGE_UPDATE = 0.1;

/** What a verdict needs to know of the updates. */
export interface UpdateSummary {
  /** The norm of an update of all parameters, divided by the norm of the parameters. Undefined if it is not known. */
  readonly ratio?: number | undefined;
  /** Whether gradients are clipped before an update. Undefined if it is not known. */
  readonly areClipped?: boolean | undefined;
}

/**
 * The state whose gradient is largest at the last lag that a place has. It decides how far back a network can learn,
 * because one way back is enough. Undefined if there are no states.
 */
export function carrierOf(states: readonly StateGradient[]): StateGradient | undefined {
  const sizeAtLast = ({ mean }: StateGradient) => mean.findLast((size) => !Number.isNaN(size)) ?? -1;
  return states.reduce<StateGradient | undefined>(
    (most, state) => (most === undefined || sizeAtLast(state) > sizeAtLast(most) ? state : most),
    undefined,
  );
}

/** Says in words how the gradient of the carrier flows through time, and whether the updates have a usual size. */
export function verdictOf(states: readonly StateGradient[], updates: UpdateSummary = {}): string {
  const decay = fitDecay(carrierOf(states)?.mean ?? []);
  const flow =
    decay === undefined
      ? "the loss has no gradient, or sequences have a single step"
      : flowOf(decay, updates);
  return [flow, ...sizeOf(updates)].join("; ");
}

function flowOf(decay: Decay, { areClipped }: UpdateSummary): string {
  const { steps, lag, left } = decay;
  if (left >= EXPLODES_FROM) {
    const speed = decay.factor > 1 ? `doubles every ${shortNumber(steps)} steps: ` : "";
    const bound = {
      true: ", and clipping bounds the updates",
      false: ", and no clipping bounds the updates",
    };
    const clipping = areClipped === undefined ? "" : bound[`${areClipped}`];
    return `explodes: ${speed}it is ${shortNumber(left)} times as large at lag ${lag}${clipping}`;
  }
  if (left >= CARRIES_FROM) return `carries: ${shortNumber(left)} of it is left at lag ${lag}`;
  const rest = left === 0 ? "nothing that can be measured" : `${shortNumber(left)} of it`;
  return `vanishes: halves every ${shortNumber(steps)} steps: ${rest} is left at lag ${lag}`;
}

function sizeOf({ ratio }: UpdateSummary): string[] {
  if (ratio === undefined || Number.isNaN(ratio)) return [];
  const size = `updates are ${shortNumber(ratio)} of the weights`;
  if (ratio < SMALL_UPDATE) return [`${size}: the learning rate looks small`];
  if (ratio > LARGE_UPDATE) return [`${size}: the learning rate looks large`];
  return [size];
}

/** A positive number with one or two digits that count: 3.3, 24, 0.05, 1e-9. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return "endlessly many";
  if (value === 0) return "0";
  if (value >= 0.01 && value < 9.95) return String(Number(value.toPrecision(2)));
  if (value >= 9.95 && value < 9999.5) return value.toFixed(0);
  return value.toExponential(0).replace("e+", "e");
}
