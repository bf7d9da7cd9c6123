import { type Checkpoint } from "../checkpoint/format.ts";
import { CharrnnError, UsageError } from "../errors.ts";
import { worthThreads } from "../sampling/sample.ts";
import { loadTask, taskNameOf } from "../tasks/index.ts";
import { type Answered, type Chunk, type OnlineData, type PredictOptions } from "../tasks/task.ts";
import { Learner } from "./learner.ts";
import { optionsOfRun } from "./option-checks.ts";
import { type TrainOptions } from "./options.ts";

export interface AnswerOptions extends PredictOptions {
  /**
   * For a series: whether the model learns from each row after it has predicted the row. The model learns as in
   * training, with the options of its run, but with new moments of the optimizer and a constant rate. The checkpoint
   * stays as it is.
   */
  readonly update?: boolean | undefined;
  /** The learning rate of the updates (default: --lr of the run). */
  readonly learningRate?: number | undefined;
}

/**
 * The answers of a model for the data at `path`, in the order of the inputs, as soon as they are computed.
 * @throws UsageError if an option does not fit the model or its task
 * @throws CharrnnError if the model answers nothing, an input is wrong, or the engine cannot run here
 */
export async function* predict(
  checkpoint: Checkpoint,
  path: string,
  { update = false, learningRate, ...options }: AnswerOptions = {},
): AsyncGenerator<Answered, void, undefined> {
  const name = taskNameOf(checkpoint);
  const task = await loadTask(name);
  if (task.predict === undefined) {
    throw new CharrnnError(`this is a model for ${name}, which predicts nothing: try \`charrnn sample\``);
  }
  for (const [flag, isGiven] of [
    ["--steps", options.steps !== undefined],
    ["--update", update],
  ] as const) {
    if (isGiven && task.learnOnline === undefined) {
      throw new UsageError(`${flag} is for a series, but this is a model for ${name}: leave out ${flag}`);
    }
  }
  for (const [flag, isGiven] of [
    ["--beam", options.beam !== undefined],
    ["--max-output", options.maxOutput !== undefined],
    ["--alignments", options.alignments === true],
  ] as const) {
    if (isGiven && name !== "sequence-to-sequence") {
      throw new UsageError(`${flag} is for models of the task sequence-to-sequence: leave out ${flag}`);
    }
  }
  if (learningRate !== undefined && !update) {
    throw new UsageError("--lr is the learning rate of --update: add --update, or leave out --lr");
  }
  if (!update || task.learnOnline === undefined) {
    yield* task.predict(checkpoint, path, options);
    return;
  }
  const own = optionsOfRun(checkpoint);
  if (own === undefined) {
    throw new CharrnnError("the checkpoint does not say how it was trained: leave out --update");
  }
  const data = task.learnOnline(checkpoint, path, { ...options, seqLength: own.seqLength });
  yield* learning(checkpoint, data, { ...own, lr: learningRate ?? own.lr }, options);
}

/** The answers of a model that learns between its answers. */
async function* learning(
  checkpoint: Checkpoint,
  data: OnlineData,
  options: TrainOptions,
  { engine, threads }: PredictOptions,
): AsyncGenerator<Answered, void, undefined> {
  const { model: config, parameters } = checkpoint;
  const engineOptions = { engine, threads, worthThreads: worthThreads(checkpoint) };
  const learner = await Learner.open({ config, data, options }, engineOptions);
  let step = 0;
  const learn = async (chunk: Chunk) => {
    const { applied, loss } = await learner.update(chunk, ++step, options.lr);
    if (applied) return;
    throw new CharrnnError(
      `update ${step} was not made, because the loss (${loss.toPrecision(4)}) or its gradient is no longer a finite ` +
        `number: try a smaller --lr than ${options.lr}`,
    );
  };
  try {
    learner.loadParameters(parameters);
    yield* data.answers(learner.engine, learn);
  } finally {
    await learner.close();
  }
}
