import { type Checkpoint } from "../checkpoint/format.ts";
import { textModelOf } from "../checkpoint/text-model.ts";
import { engineLike } from "../engine/engines.ts";
import { type EngineChoice } from "../engine/engine.ts";
import { CharrnnError } from "../errors.ts";
import { findText, type EvaluationSource, type SourceOptions } from "../evaluation/source.ts";
import { type NetworkSizes } from "../model/shapes.ts";
import { isOfTask, LANGUAGE_MODEL, taskNameOf } from "../tasks/index.ts";
import { type Symbols } from "../text/symbols.ts";
import { TokenVocabulary } from "../text/token-vocabulary.ts";
import { spelling } from "../sampling/output.ts";
import { lossesWith, riseOf, type Rise } from "./causal.ts";
import { FEWEST_CHARACTERS, hypothesesOf, nameOfMatch, type Hypothesis } from "./hypotheses.ts";
import { controlTask, Probe } from "./probe.ts";
import { namedUnits, record, type Recording } from "./record.ts";
import { bestUnits, controlOf, RankedUnits, type FoundUnit } from "./scores.ts";

export interface InspectOptions extends SourceOptions {
  /** A hypothesis of the user's: what the expression matches, or its first group. */
  readonly match?: RegExp | undefined;
  /** Whether the gates are inspected too. */
  readonly gates?: boolean | undefined;
  /** Only the first characters of the text are read: this many (default 100,000). */
  readonly most?: number | undefined;
  /** Seed of the controls (default 1). */
  readonly seed?: number | undefined;
  readonly threads?: number | undefined;
  readonly engine?: EngineChoice | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((phase: string, done: number, total: number) => void) | undefined;
}

/** A unit that tracks a hypothesis. Scores are AUCs, or correlations. */
export interface FoundCell {
  /** `c:0:42` */
  readonly cell: string;
  /** -1 if the unit is low where the hypothesis holds. Its scores are turned, so `chosen` is never below chance. */
  readonly sign: 1 | -1;
  /** The score on the first half of the text, by which the unit was chosen, and the score on the second half. */
  readonly chosen: number;
  readonly heldOut: number;
  /** The mean of `heldOut` for 20 hypotheses that are shifted by random offsets, each with its own best unit. */
  readonly control: number;
  /**
   * How much the loss in nats rises where the hypothesis holds, and elsewhere, if the unit is fixed at its mean. Null if
   * this was not measured.
   */
  readonly lossInside: number | null;
  readonly lossOutside: number | null;
}

export interface InspectedHypothesis {
  readonly name: string;
  readonly measure: Hypothesis["measure"];
  /** For how many characters the hypothesis holds; of a number: for how many it is not 0. */
  readonly positives: number;
  readonly best: readonly FoundCell[];
  /** A linear probe over all units of a layer, and over the same units its control task. The layer with the best score. */
  readonly probe: { readonly layer: number; readonly heldOut: number; readonly control: number };
}

export interface InspectedGate {
  readonly layer: number;
  readonly gate: string;
  /** The share of all units and characters at which the gate is below .1, and above .9. */
  readonly under: number;
  readonly over: number;
  /** The same for each unit. */
  readonly units: { readonly under: readonly number[]; readonly over: readonly number[] };
}

/** What the units of a network track in a text. */
export interface Inspection {
  readonly text: string;
  readonly characters: number;
  /** The mean loss of the characters in nats. */
  readonly loss: number;
  /** The hypothesis with the best held-out score first. Single characters come after all others. */
  readonly hypotheses: readonly InspectedHypothesis[];
  readonly saturation: readonly InspectedGate[];
  /** Units whose activation hardly changes over the text. */
  readonly dead: readonly string[];
}

/** An inspection, and what it was made from. */
export interface Inspected {
  readonly inspection: Inspection;
  readonly found: readonly Hypothesis[];
  readonly text: ReadText;
  readonly recording: Recording;
}

/** A text as a model reads it. `characters` spells its symbols. */
export interface ReadText {
  readonly name: string;
  readonly symbols: Symbols;
  readonly characters: readonly string[];
  readonly sizes: NetworkSizes;
}

/** How many characters of a text are read by default. */
export const USUAL_MOST = 100_000;
const BEST = 3;
/** How many cells are fixed at their means, and how many characters are then read. */
const CAUSAL_CELLS = 10;
const CAUSAL_CHARACTERS = 20_000;
/** A unit whose standard deviation is below this is dead. */
const DEAD = 1e-4;

/**
 * Finds what the units of a language model track. Units are chosen on the first half of the text, and scored on the
 * second half.
 * @throws CharrnnError if the model is no language model of characters or bytes, or its text cannot be read
 * @throws CharrnnError if the text is too short, or the engine cannot run here
 */
export async function inspect(
  checkpoint: Checkpoint,
  source: EvaluationSource,
  options: InspectOptions = {},
): Promise<Inspected> {
  const { match, seed = 1, threads, signal, progress } = options;
  const { text, recording } = await readUnits(checkpoint, source, options);
  const step = (done: number, total: number) => {
    signal?.throwIfAborted();
    progress?.("comparing units", done, total);
  };
  const engine = { engine: engineLike(checkpoint.training?.engine, options.engine), threads };
  // The last character is only predicted.
  const characters = text.characters.slice(0, -1);
  const hypotheses = hypothesesOf(characters, match === undefined ? {} : { match });
  if (match !== undefined && !hypotheses.some(({ name }) => name === nameOfMatch(match))) {
    options.note?.(
      `--match ${match.source} is left out: it holds for fewer than ${FEWEST_CHARACTERS} characters, or for all`,
    );
  }
  const found = await scoreAll(recording, characters, hypotheses, { seed, step });
  const effects = await causalEffects(checkpoint, text, recording, { found, hypotheses }, engine);
  return {
    inspection: {
      text: text.name,
      characters: text.symbols.length,
      loss: mean(recording.losses.subarray(1)),
      hypotheses: found.map((hypothesis) => withEffects(hypothesis, effects)),
      saturation: recording.saturation.map(({ layer, gate, under, over }) => ({
        layer,
        gate,
        under: mean(under),
        over: mean(over),
        units: { under: Array.from(under), over: Array.from(over) },
      })),
      dead: namedUnits(recording)
        .filter(({ values }) => deviationOf(values) < DEAD)
        .map(({ name }) => name),
    },
    found: hypotheses,
    text,
    recording,
  };
}

/**
 * Reads a text with a language model, and records the activations of all its units.
 * @throws CharrnnError as `inspect` does
 */
export async function readUnits(
  checkpoint: Checkpoint,
  source: EvaluationSource,
  options: InspectOptions = {},
): Promise<Pick<Inspected, "text" | "recording">> {
  const { threads, signal, progress, gates = false } = options;
  const text = await readInspectedText(checkpoint, source, options);
  const recording = await record(checkpoint, text.sizes, text.symbols, {
    engine: engineLike(checkpoint.training?.engine, options.engine),
    threads,
    gates,
    progress: (done, total) => {
      signal?.throwIfAborted();
      progress?.("reading the text", done, total);
    },
  });
  return { text, recording };
}

/**
 * Reads the text to inspect, up to its limit.
 * @throws CharrnnError as `inspect` does
 */
async function readInspectedText(
  checkpoint: Checkpoint,
  source: EvaluationSource,
  { most = USUAL_MOST, ...options }: InspectOptions,
): Promise<ReadText> {
  const model = isOfTask(checkpoint, LANGUAGE_MODEL) ? textModelOf(checkpoint) : undefined;
  const { vocabulary, examples } = model ?? {};
  if (model === undefined || vocabulary instanceof TokenVocabulary || examples !== undefined) {
    const kind = model === undefined ? `for ${taskNameOf(checkpoint)}` : "of words, lines or documents";
    throw new CharrnnError(
      `inspect reads running text, and this is a model ${kind}: name a model of characters or bytes`,
    );
  }
  const found = await findText(checkpoint, model.vocabulary, source, { ...options, baselines: false });
  const symbols = found.text.subsequence(0, Math.min(most, found.text.length));
  const spellings = model.vocabulary.symbols.map(spelling);
  return {
    name: found.name,
    symbols,
    characters: Array.from({ length: symbols.length }, (_, position) => spellings[symbols.at(position)]),
    sizes: model.sizes,
  };
}

/** A text of fewer characters has too few places for a comparison. */
const SHORTEST_TEXT = 1000;

async function scoreAll(
  recording: Recording,
  characters: readonly string[],
  hypotheses: readonly Hypothesis[],
  { seed, step }: { seed: number; step: (done: number, total: number) => void },
): Promise<InspectedHypothesis[]> {
  const length = characters.length;
  if (length < SHORTEST_TEXT) {
    throw new CharrnnError(
      `the text has ${length + 1} characters: inspect needs ${SHORTEST_TEXT} or more, or give --steps for a short text`,
    );
  }
  const half = Math.floor(length / 2);
  const [first, second] = [
    { start: 0, end: half },
    { start: half, end: length },
  ];
  const units = namedUnits(recording);
  const all = units.map(({ values }) => values);
  step(0, hypotheses.length);
  const [chosenOn, heldOutOn] = [new RankedUnits(all, first), new RankedUnits(all, second)];
  const layers = [...new Set(units.map(({ layer }) => layer))];
  const probes = layers.map(
    (layer) =>
      new Probe(
        units.filter((unit) => unit.layer === layer).map(({ values }) => values),
        first,
        second,
      ),
  );
  const found: InspectedHypothesis[] = [];
  for (const [index, hypothesis] of hypotheses.entries()) {
    // The terminal can redraw its line, and a signal can end the work.
    await new Promise((resolve) => setImmediate(resolve));
    step(index, hypotheses.length);
    const best = bestUnits(chosenOn, heldOutOn, hypothesis, BEST);
    const control = controlOf(chosenOn, heldOutOn, hypothesis, seed);
    const task = controlTask(characters, hypothesis, seed);
    const probed = probes.map((probe, layer) => ({
      layer: layers[layer],
      heldOut: probe.heldOut(hypothesis),
      control: probe.heldOut(task),
    }));
    found.push({
      name: hypothesis.name,
      measure: hypothesis.measure,
      positives: hypothesis.values.reduce((count, value) => count + Number(value !== 0), 0),
      best: best.map(({ unit, ...scores }: FoundUnit) => ({
        cell: units[unit].name,
        ...scores,
        control,
        lossInside: null,
        lossOutside: null,
      })),
      probe: probed.reduce((one, other) => (other.heldOut > one.heldOut ? other : one)),
    });
  }
  const isCharacter = ({ name }: InspectedHypothesis) => Number(name.startsWith("character "));
  return found.sort(
    (one, other) => isCharacter(one) - isCharacter(other) || heldOutOf(other) - heldOutOf(one),
  );
}

function heldOutOf({ best }: InspectedHypothesis): number {
  return best.length === 0 || Number.isNaN(best[0].heldOut) ? -Infinity : best[0].heldOut;
}

/** How much the loss rises if a cell is fixed at its mean. */
interface Effect extends Rise {
  readonly name: string;
  readonly cell: string;
}

/** Fixes the best cell of the best hypotheses, one after the other, and compares the losses on the held-out half. */
async function causalEffects(
  checkpoint: Checkpoint,
  { symbols, sizes }: ReadText,
  recording: Recording,
  { found, hypotheses }: { found: readonly InspectedHypothesis[]; hypotheses: readonly Hypothesis[] },
  engine: { engine: EngineChoice | undefined; threads: number | undefined },
): Promise<Effect[]> {
  const means = new Map(
    namedUnits(recording)
      .filter(({ isGate }) => !isGate)
      .map(({ name, values }) => [name, mean(values)]),
  );
  const tested = found
    .filter(({ measure }) => measure === "auc")
    .flatMap(({ name, best }) => {
      const value = means.get(best.at(0)?.cell ?? "");
      return value === undefined ? [] : [{ name, cell: best[0].cell, value }];
    })
    .slice(0, CAUSAL_CELLS);
  if (tested.length === 0) return [];
  const start = Math.floor((symbols.length - 1) / 2);
  const part = symbols.subsequence(start, Math.min(start + CAUSAL_CHARACTERS, symbols.length));
  const sets = [[], ...tested.map(({ cell, value }) => [{ unit: cell, value }])];
  const [plain, ...clamped] = await lossesWith(checkpoint, sizes, part, sets, engine);
  return tested.map(({ name, cell }, index) => {
    const values = hypotheses.find((hypothesis) => hypothesis.name === name)?.values ?? new Float32Array();
    return { name, cell, ...riseOf(clamped[index], plain, (position) => values[start + position - 1] !== 0) };
  });
}

function withEffects(hypothesis: InspectedHypothesis, effects: readonly Effect[]): InspectedHypothesis {
  const effect = effects.find(({ name }) => name === hypothesis.name);
  if (effect === undefined) return hypothesis;
  const best = hypothesis.best.map((found) =>
    found.cell === effect.cell ? { ...found, lossInside: effect.inside, lossOutside: effect.outside } : found,
  );
  return { ...hypothesis, best };
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index];
  return sum / values.length;
}

function deviationOf(values: Float32Array): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}
