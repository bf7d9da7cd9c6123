import { removeTemporaries } from "../checkpoint/atomic.ts";
import { lockRun } from "../checkpoint/lock.ts";
import { cutMetrics } from "../checkpoint/metrics.ts";
import { writeOptions, type RunFolder } from "../checkpoint/run-folder.ts";
import { type TrainingEvent } from "./events.ts";
import { Learner } from "./learner.ts";
import { type Prepared, type TrainControl } from "./prepare.ts";
import { TrainingRun, type Beginning } from "./run.ts";

/** The events of a run, as they happen. */
export type Events = AsyncGenerator<TrainingEvent, void, undefined>;

/** Holds the run folder's lock from the first event to the last. */
export async function* locked(run: RunFolder, events: () => Events): Events {
  const unlock = await lockRun(run.folder);
  try {
    yield* events();
  } finally {
    unlock();
  }
}

/** Opens the learner of a run, and closes the learner after the last event. */
export async function* withLearner(prepared: Prepared, events: (learner: Learner) => Events): Events {
  const { kernels: engine, model: config, data, options } = prepared;
  const learner = await Learner.open({ config, data, options }, { engine, threads: options.threads });
  try {
    yield* events(learner);
  } finally {
    await learner.close();
  }
}

/** Trains in a run's folder. First it brings the folder's files back to the step at which the run begins. */
export async function* launch(
  run: RunFolder,
  prepared: Prepared,
  beginning: Beginning,
  control: TrainControl,
  learner: Learner,
): Events {
  removeTemporaries(run.folder);
  const { start, state } = beginning;
  await cutMetrics(run.metrics, state.step, state.evaluationDue ? ["eval", "sample", "checkpoint"] : []);
  await writeOptions(run, { start, corpus: prepared.dataset.record.files, ...prepared.options });
  yield* new TrainingRun(run, prepared, beginning, control, learner).events();
}
