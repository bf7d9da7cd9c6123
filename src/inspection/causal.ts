import { type Checkpoint } from "../checkpoint/format.ts";
import { type EngineOptions } from "../engine/engines.ts";
import { type Clamp } from "../model/clamp.ts";
import { type NetworkSizes } from "../model/shapes.ts";
import { withScorer } from "../tasks/language-model/open-scorer.ts";
import { planSegments, together } from "../tasks/language-model/segments.ts";
import { type Symbols } from "../text/symbols.ts";

/**
 * The losses of a text, character by character, once for each set of clamped units. The first character is not predicted
 * and has NaN. All sets are computed side by side: each has rows of its own in the batch.
 * @throws CharrnnError if the engine cannot run here or there is too little memory
 */
export function lossesWith(
  model: Pick<Checkpoint, "model" | "parameters">,
  sizes: NetworkSizes,
  text: Symbols,
  sets: readonly (readonly Clamp[])[],
  options: EngineOptions = {},
): Promise<Float32Array[]> {
  const own = planSegments(text.length);
  const plan = together(sets.flatMap(() => own));
  const clamps = sets.flatMap((units, set) => {
    const rows = { start: set * own.length, end: (set + 1) * own.length };
    return units.map((unit) => ({ ...unit, rows }));
  });
  return withScorer(model, sizes, plan, { ...options, clamps }, async (scorer, engine) => {
    const losses = sets.map(() => new Float32Array(text.length).fill(NaN));
    await scorer.score(engine, text, {
      onCharacter: (position, loss, segment) => {
        losses[Math.floor(segment / own.length)][position] = loss;
      },
    });
    return losses;
  });
}

/** How much a loss in nats rises on average. Null if there is no such place. */
export interface Rise {
  /** At the characters that follow a place inside, and at those that follow a place outside. */
  readonly inside: number | null;
  readonly outside: number | null;
}

/** The mean rise from `plain` to `clamped`. `isInside`: whether the place before a character is inside. */
export function riseOf(
  clamped: Float32Array,
  plain: Float32Array,
  isInside: (position: number) => boolean,
): Rise {
  const sums = { inside: 0, outside: 0 };
  const counts = { inside: 0, outside: 0 };
  for (let position = 1; position < plain.length; position++) {
    const side = isInside(position) ? "inside" : "outside";
    sums[side] += clamped[position] - plain[position];
    counts[side] += 1;
  }
  const mean = (side: keyof typeof sums) => (counts[side] === 0 ? null : sums[side] / counts[side]);
  return { inside: mean("inside"), outside: mean("outside") };
}
