import { existsSync, rmSync } from "node:fs";
import { createRun, type RunFolder } from "../checkpoint/run-folder.ts";
import { launch, locked, withLearner, type Events } from "./launch.ts";
import { parseOptions, type TrainOptions } from "./options.ts";
import { prepare, type TrainControl } from "./prepare.ts";

/**
 * Trains a new run on texts (files, folders or "-") and yields its events as they happen. The run folder is made
 * once everything that can be checked beforehand is.
 * @throws UsageError, CharrnnError for options and texts no run can be made of; DivergenceError for a lost run
 */
export async function* train(
  corpus: string[],
  options: Partial<TrainOptions>,
  control: TrainControl = {},
): Events {
  const prepared = await prepare(corpus, parseOptions(options), control);
  const { cell, layers, hidden, name, out } = prepared.options;
  const { engine } = prepared;
  const state = {
    step: 0,
    options: prepared.options,
    corpus: prepared.corpus,
    best: null,
    evaluationsSinceBest: 0,
    drops: 0,
    evaluationDue: false,
    firstLoss: 0,
    seconds: 0,
    engine: engine.name,
    build: engine.build,
    exact: true,
  };
  // The memory comes before the folder: a run that there is none for leaves no trace.
  yield* withLearner(prepared, (learner) => {
    const run = createRun(out, name, { corpus: corpus[0], cell, layers, hidden });
    const beginning = { start: new Date().toISOString(), state, tensors: undefined };
    const events = locked(run, () => launch(run, prepared, beginning, control, learner));
    return withoutEmptyFolder(run, events);
  });
}

/** Removes the folder of a new run that failed before there was anything to go on from. */
async function* withoutEmptyFolder(run: RunFolder, events: Events): Events {
  try {
    yield* events;
  } catch (error) {
    if (!existsSync(run.latest)) rmSync(run.folder, { recursive: true, force: true });
    throw error;
  }
}
