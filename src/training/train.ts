import { existsSync, rmSync } from "node:fs";
import { createRun } from "../checkpoint/new-run.ts";
import { type RunFolder } from "../checkpoint/run-folder.ts";
import { growParameters } from "../model/growth.ts";
import { initialParameters } from "../model/initialization.ts";
import { namedData } from "../model/weights.ts";
import { Random } from "../random.ts";
import { launch, locked, withLearner, type Events } from "./launch.ts";
import { parseOptions } from "./option-checks.ts";
import { type TrainOptions } from "./options.ts";
import { prepare, type Prepared, type TrainControl } from "./prepare.ts";

/**
 * Trains a new run on data and yields its events as they happen. `paths` of a language model are text files, folders or
 * "-". The run folder is made after everything else has been checked.
 * To end a run early and lose nothing, abort the control's signal and take the events that still come. If you stop
 * taking events, that is like a kill: the run can only be resumed from its last checkpoint.
 * @throws UsageError, CharrnnError for options or data that no run can use; DivergenceError if the loss diverged; the
 * signal's reason if the signal aborts before the first event
 */
export async function* train(
  paths: string[],
  options: Partial<TrainOptions> = {},
  control: TrainControl = {},
): Events {
  const prepared = await prepare(paths, parseOptions(options), control);
  const { cell, layers, hidden, name, out } = prepared.options;
  const { kernels } = prepared;
  const state = {
    step: 0,
    options: prepared.options,
    corpus: prepared.dataset.record,
    best: null,
    evaluationsSinceBest: 0,
    drops: 0,
    evaluationDue: false,
    evaluationSpacing: prepared.evaluationSpacing,
    firstLoss: 0,
    seconds: 0,
    engine: kernels.name,
    build: kernels.build,
    // With a budget of time, the number of steps depends on the speed of the machine.
    exact: prepared.options.minutes === undefined,
  };
  // Memory and weights come before the folder. So a run that gets no memory, or is interrupted here, leaves no folder.
  yield* withLearner(prepared, async function* (learner) {
    control.progress?.({ phase: "initializing" });
    learner.loadParameters(await firstValues(prepared));
    control.signal?.throwIfAborted();
    const run = createRun(out, name, { corpus: paths[0], cell, layers, hidden });
    const beginning = { start: new Date().toISOString(), state };
    const events = locked(run, () => launch(run, prepared, beginning, control, learner));
    yield* withoutEmptyFolder(run, events);
  });
}

/**
 * The parameters that a run begins with: initial values, or those of another run, with initial values for new symbols.
 */
async function firstValues({
  model,
  data,
  options,
  weights,
}: Prepared): Promise<ReturnType<typeof namedData>> {
  const { growth, network } = data;
  if (weights !== undefined && growth === undefined) return new Map(weights);
  const initial = await initialParameters(model, network, options, Random.of(options.seed));
  return namedData(weights && growth ? growParameters(model, growth, weights, initial) : initial);
}

/** Removes the folder of a new run that failed before it saved a checkpoint. */
async function* withoutEmptyFolder(run: RunFolder, events: Events): Events {
  try {
    yield* events;
  } catch (error) {
    if (!existsSync(run.latest)) rmSync(run.folder, { recursive: true, force: true });
    throw error;
  }
}
