import { existsSync } from "node:fs";
import { type RunFolder } from "../checkpoint/run-folder.ts";
import { CharrnnError } from "../errors.ts";
import { type Diagnosis } from "./diagnosis.ts";
import { type Assessment } from "./optimizer.ts";
import { type TrainOptions } from "./options.ts";

/** A loss this many times the first loss is an explosion. char-rnn has the same rule. */
const EXPLOSION = 3;
/** A confident model may lose this many nats when its data changes. That alone is not an explosion. */
const SURPRISE = 20;

/**
 * The largest loss, in nats, that does not count as divergence. The operation `checkDivergence` (engine/operations/updates.ts)
 * rejects a chunk if its loss is above this limit, or if its loss or gradient norm is not finite.
 */
export function largestLoss(firstLoss: number, uniformLoss: number): number {
  return Math.max(EXPLOSION * Math.max(firstLoss, uniformLoss), SURPRISE);
}

/** The loss became NaN or exploded. The lines of `report` say what broke first and what to try. */
export class DivergenceError extends CharrnnError {
  override readonly name = "DivergenceError";
  readonly report: readonly string[];

  constructor(
    step: number,
    { loss, gradientNorm }: Assessment,
    { what, step: chunkStep, parameter, largestValue, gradientNorm: norm }: Diagnosis,
    rate: number,
    options: TrainOptions,
    run: RunFolder,
  ) {
    const happened =
      Number.isFinite(loss) && Number.isFinite(gradientNorm)
        ? `the loss exploded to ${loss.toPrecision(4)}`
        : `${Number.isFinite(loss) ? "the gradient" : "the loss"} is no longer a finite number`;
    const where = chunkStep === undefined ? "" : ` at step ${chunkStep + 1} of the chunk`;
    const lowerRate = Number((options.lr / 10).toPrecision(3));
    const { clipNorm, clipValue } = options;
    const clips = clipNorm > 0 || clipValue !== undefined;
    super(
      `${happened} at step ${step}: the trouble began in ${what}${where} (parameter ${parameter}); ` +
        `try --lr ${lowerRate}${clips ? "" : " or --clip-norm 5"}`,
    );
    const clipping =
      clipValue !== undefined
        ? `a smaller --clip-value (now ${clipValue})`
        : clips
          ? `a smaller --clip-norm (now ${clipNorm})`
          : "--clip-norm 5";
    const saved = existsSync(run.best) ? run.best : run.latest;
    this.report = [
      `loss ${String(loss)}, gradient norm ${String(gradientNorm)}, learning rate ${Number(rate.toPrecision(4))}`,
      `began in: ${what}${where}`,
      `parameter: ${parameter}, largest value ${largestValue.toPrecision(4)}, gradient norm ${norm.toPrecision(4)}`,
      `to try: ${[`--lr ${lowerRate}`, clipping, ...untried(options)].join(", ")}`,
      `to start again from the saved weights: --init-from ${saved} --lr ${lowerRate}`,
    ];
  }
}

/** Options that help some runs and that this run has not tried. */
function untried({ warmup, init }: TrainOptions): string[] {
  return [...(warmup === 0 ? ["--warmup 100"] : []), ...(init === "orthogonal" ? [] : ["--init orthogonal"])];
}
