import { type Readable } from "node:stream";
import { isRecord, type Checkpoint } from "../checkpoint/format.ts";
import { readMetrics } from "../checkpoint/metrics.ts";
import { textModelOf } from "../checkpoint/text-model.ts";
import { type EngineChoice } from "../engine/engine.ts";
import { engineLike } from "../engine/engines.ts";
import { CharrnnError } from "../errors.ts";
import { findText, type SourceOptions } from "../evaluation/source.ts";
import { type LossRows } from "../inspection/gradients/rows.ts";
import { spectralRadii, type SpectralRadius } from "../inspection/gradients/spectral-radius.ts";
import { measureStateGradients, type StateGradient } from "../inspection/gradients/state-gradients.ts";
import { trainingDataOf } from "../inspection/gradients/text-data.ts";
import { textRows } from "../inspection/gradients/text-rows.ts";
import { verdictOf } from "../inspection/gradients/verdict.ts";
import { type CellName } from "../model/cells/index.ts";
import { initialParameters } from "../model/initialization.ts";
import { parameterShapes, type NetworkSizes } from "../model/shapes.ts";
import { Random } from "../random.ts";
import { isOfTask, LANGUAGE_MODEL, taskNameOf } from "../tasks/index.ts";
import { type TrainingData } from "../tasks/task.ts";
import { completeOptions, optionsOfRun, parseOptions } from "./option-checks.ts";
import { type TrainOptions } from "./options.ts";
import { measureUpdates, type ParameterGradient } from "./parameter-gradients.ts";
import { prepare, type TrainControl } from "./prepare.ts";

/** How the gradients of a network flow through time. */
export interface GradientFlow {
  readonly states: readonly StateGradient[];
  readonly spectralRadius: readonly SpectralRadius[];
}

/** The gradients of one network, and what follows from them. */
export interface CellGradients extends GradientFlow {
  readonly cell: CellName;
  /** The number of updates that the network has had. */
  readonly step: number;
  /** Empty if a loss or a gradient is not finite. */
  readonly parameters: readonly ParameterGradient[];
  /** An update of all parameters in relation to them, at this learning rate. Null if it cannot be made. */
  readonly update: { readonly ratio: number; readonly learningRate: number; readonly batches: number } | null;
  /** How many of the steps in the run's metrics.jsonl were clipped. Null if nothing clips, or there are no metrics. */
  readonly clipped: { readonly share: number; readonly steps: number } | null;
  readonly verdict: string;
  /** The same network with its initial weights. Null if it has no training yet, or its initial weights are not known. */
  readonly start: (GradientFlow & { readonly verdict: string }) | null;
}

/** Where gradients are measured, and how. */
export interface GradientOptions extends SourceOptions {
  /** The text (default: the training split of the model's own text). "-" is standard input. */
  readonly text?: string | undefined;
  readonly stdin?: Readable | undefined;
  /** The number of places of the text (default 256). */
  readonly places?: number | undefined;
  /** Whether the initial weights are measured too (default true). */
  readonly start?: boolean | undefined;
  /** The seed of the places (default 1). */
  readonly seed?: number | undefined;
  /** The metrics.jsonl of the run, which tells how many steps were clipped. */
  readonly metrics?: string | undefined;
  readonly engine?: EngineChoice | undefined;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

const USUAL_PLACES = 256;

/**
 * Measures the gradients of a language model: those of its states by lag, over random places of a text, and those of its
 * parameters, over some batches.
 * @throws UsageError if an option has an unknown value
 * @throws CharrnnError if the model is no language model, or the text cannot be read or is too short
 * @throws CharrnnError if the engine cannot run here or there is too little memory
 */
export async function measureGradients(
  checkpoint: Checkpoint,
  options: GradientOptions = {},
): Promise<CellGradients> {
  const own = optionsOfRun(checkpoint) ?? completeOptions({});
  const { rows, data } = await readRows(checkpoint, own, options);
  const { signal, progress, threads } = options;
  const engine = { engine: engineLike(checkpoint.training?.engine, options.engine), threads };
  const onProgress = (done: number, total: number) => {
    signal?.throwIfAborted();
    progress?.(done, total);
  };
  const flowOf = async (model: Pick<Checkpoint, "model" | "parameters">): Promise<GradientFlow> => ({
    states: await measureStateGradients(model, rows, { ...engine, progress: onProgress }),
    spectralRadius: await spectralRadii(model),
  });
  const flow = await flowOf(checkpoint);
  const updates = await measureUpdates(checkpoint, data, own, { ...engine, progress: onProgress });
  const areClipped = own.clipValue !== undefined || own.clipNorm > 0;
  const step = checkpoint.training?.step ?? 0;
  const initial =
    step > 0 && options.start !== false ? await initialModel(checkpoint, own, data.network) : undefined;
  const start = initial && (await flowOf(initial));
  return {
    cell: checkpoint.model.cell,
    step,
    ...flow,
    parameters: updates?.parameters ?? [],
    update: updates
      ? { ratio: updates.updateRatio, learningRate: updates.learningRate, batches: updates.batches }
      : null,
    clipped: await clippedIn(options.metrics, step, own),
    verdict: verdictOf(flow.states, { ratio: updates?.updateRatio, areClipped }),
    start: start ? { ...start, verdict: verdictOf(start.states) } : null,
  };
}

/**
 * A network with its initial weights, as `train` would begin with it.
 * @throws UsageError, CharrnnError in the same cases as `train`
 */
export async function untrainedModel(
  paths: readonly string[],
  given: Partial<TrainOptions>,
  control: TrainControl = {},
): Promise<Checkpoint> {
  const { model, data, options } = await prepare(paths, parseOptions(given), control);
  const { vocabulary, task } = data.members;
  const checkpoint = {
    model: { ...model },
    vocabulary,
    task: task && { name: options.task, ...task },
    training: { step: 0, options: { ...options } },
  };
  return { ...checkpoint, parameters: await initialValues(checkpoint, options, data.network) };
}

async function readRows(
  checkpoint: Checkpoint,
  own: TrainOptions,
  { text, stdin, places = USUAL_PLACES, seed = 1, ...source }: GradientOptions,
): Promise<{ rows: LossRows; data: TrainingData }> {
  if (!isOfTask(checkpoint, LANGUAGE_MODEL)) {
    throw new CharrnnError(
      `gradients are measured in language models, and this is a model for ${taskNameOf(checkpoint)}: its losses do not ` +
        "follow a text; name a language model",
    );
  }
  const model = textModelOf(checkpoint);
  const where = { text, stdin, ...(text === undefined && { split: "train" as const }) };
  const found = await findText(checkpoint, model.vocabulary, where, { ...source, baselines: false });
  if (found.text.length < 2) {
    throw new CharrnnError(`${found.name} has too little to measure: name a text with at least 2 characters`);
  }
  return {
    rows: textRows(found, model.sizes, { count: places, seed }),
    data: trainingDataOf(found, model, own),
  };
}

/** The model with the weights that its run began with. Undefined if these came from another run. */
async function initialModel(
  { model, training }: Checkpoint,
  options: TrainOptions,
  network: NetworkSizes,
): Promise<Pick<Checkpoint, "model" | "parameters"> | undefined> {
  if (!isRecord(training?.options) || options.initFrom !== undefined) return undefined;
  return { model, parameters: await initialValues({ model }, options, network) };
}

async function initialValues(
  { model }: Pick<Checkpoint, "model">,
  options: TrainOptions,
  network: NetworkSizes,
): Promise<Checkpoint["parameters"]> {
  const values = await initialParameters(model, network, options, Random.of(options.seed));
  const shapes = parameterShapes(model, network);
  return new Map(
    [...values].map(([name, data]) => [name, { shape: shapes.get(name) ?? [], dtype: "float32", data }]),
  );
}

/** How many of the reported steps up to a checkpoint had a gradient whose norm was clipped. */
async function clippedIn(
  metrics: string | undefined,
  step: number,
  { clipNorm, clipValue }: TrainOptions,
): Promise<CellGradients["clipped"]> {
  if (metrics === undefined || clipValue !== undefined || clipNorm === 0) return null;
  let [steps, clipped] = [0, 0];
  for await (const { event } of readMetrics(metrics)) {
    if (event.event !== "step" || event.step > step || typeof event.gradientNorm !== "number") continue;
    steps += 1;
    if (event.gradientNorm > clipNorm) clipped += 1;
  }
  return steps === 0 ? null : { share: clipped / steps, steps };
}
