import { type Checkpoint } from "../checkpoint/format.ts";
import { type EngineOptions } from "../engine/engines.ts";
import { CharrnnError } from "../errors.ts";
import { Random } from "../random.ts";
import { shuffled } from "../tasks/examples/batches.ts";
import { lossesWith, riseOf, type Rise } from "./causal.ts";
import { type Hypothesis } from "./hypotheses.ts";
import { mean, type Inspected } from "./inspect.ts";
import { namedUnits } from "./record.ts";
import { bestUnits, RankedUnits } from "./scores.ts";

/** How much the loss in nats rises if some units are fixed at their means, where a hypothesis holds and elsewhere. */
export interface Ablation {
  /** How many units are fixed. */
  readonly units: number;
  /** The units that track the hypothesis best. */
  readonly best: Rise;
  /** As many random units. */
  readonly random: Rise;
}

const SIZES = [1, 2, 4, 8, 16, 32];
const CHARACTERS = 10_000;

/**
 * Fixes more and more units at their means: those that track the hypothesis best, and beside them random ones. `name`: the
 * name of a hypothesis, or the beginning of one.
 * @throws CharrnnError if no hypothesis has this name, or the engine cannot run here
 */
export async function ablate(
  checkpoint: Checkpoint,
  { recording, found, text }: Inspected,
  name: string,
  { seed = 1, ...options }: EngineOptions & { seed?: number } = {},
): Promise<{ hypothesis: Hypothesis; curve: Ablation[] }> {
  const hypothesis =
    found.find((candidate) => candidate.name === name) ??
    found.find((candidate) => candidate.name.startsWith(name));
  if (hypothesis === undefined) {
    const names = found.map((candidate) => candidate.name).join(", ");
    throw new CharrnnError(
      `--ablate ${JSON.stringify(name)} names no hypothesis of this text: take one of ${names}`,
    );
  }
  const units = namedUnits(recording).filter(({ isGate }) => !isGate);
  const values = units.map((unit) => unit.values);
  const half = Math.floor(hypothesis.values.length / 2);
  const [chosenOn, heldOutOn] = [
    new RankedUnits(values, { start: 0, end: half }),
    new RankedUnits(values, { start: half, end: hypothesis.values.length }),
  ];
  const sizes = SIZES.filter((size) => size <= units.length);
  const ranked = bestUnits(chosenOn, heldOutOn, hypothesis, Math.max(...sizes)).map(({ unit }) => unit);
  const drawn = shuffled([...units.keys()], Random.of(seed));
  const fixedAt = (chosen: readonly number[]) =>
    chosen.map((unit) => ({ unit: units[unit].name, value: mean(units[unit].values) }));
  const sets = [
    [],
    ...[ranked, drawn].flatMap((order) => sizes.map((size) => fixedAt(order.slice(0, size)))),
  ];
  const part = text.symbols.subsequence(half, Math.min(half + CHARACTERS, text.symbols.length));
  const [plain, ...losses] = await lossesWith(checkpoint, text.sizes, part, sets, options);
  const rise = (clamped: Float32Array) =>
    riseOf(clamped, plain, (position) => hypothesis.values[half + position - 1] !== 0);
  return {
    hypothesis,
    curve: sizes.map((size, index) => ({
      units: size,
      best: rise(losses[index]),
      random: rise(losses[sizes.length + index]),
    })),
  };
}
