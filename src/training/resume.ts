import { existsSync, renameSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { copyAtomically } from "../checkpoint/atomic.ts";
import { changedFile } from "../checkpoint/changed-file.ts";
import { appendMetrics, cutMetrics, isFinished } from "../checkpoint/metrics.ts";
import { type Checkpoint, type CorpusRecord } from "../checkpoint/format.ts";
import { readCheckpoint } from "../checkpoint/read.ts";
import { namedRun, newestUnfinishedRun } from "../checkpoint/find-run.ts";
import { lastKept } from "../checkpoint/numbered.ts";
import { readOptions, runFolder, type RunFolder } from "../checkpoint/run-folder.ts";
import { CharrnnError, UsageError } from "../errors.ts";
import { loadTask } from "../tasks/index.ts";
import { digestOf, missingFile, some } from "../text/sources.ts";
import { launch, locked, withLearner, type Events } from "./launch.ts";
import { completeOptions, optionThatValidates, parseOptions, withChanges } from "./option-checks.ts";
import { flagOf, optionDefinitions, optionNames, type OptionName, type TrainOptions } from "./options.ts";
import { planRun, readData, type Prepared, type TrainControl } from "./prepare.ts";
import {
  endEvent,
  hasLostPatience,
  hasSpentBudget,
  isOver,
  parseRunState,
  type RunState,
} from "./run-state.ts";
import { schedulesOfLength } from "./schedule.ts";

/**
 * Continues a run exactly as if it had never been interrupted. `name` is the run's name or folder, or one of its
 * numbered checkpoints to go back to. Without a name, the newest unfinished run continues. `paths` may be empty,
 * because a checkpoint names the run's data. A finished run only yields its end event.
 * @throws UsageError if an option may not change when a run is resumed; CharrnnError if the run or its data are missing
 */
export async function* resume(
  name?: string,
  paths: string[] = [],
  changes: Partial<TrainOptions> = {},
  control: TrainControl = {},
): Events {
  const changed = parseOptions(changes);
  const out = changed.out ?? optionDefinitions.out.default;
  const resumed = findRun(name, out);
  // Another process may be training the run, so nothing is read before the run is locked.
  yield* locked(resumed.run, () => resumeLocked(resumed, paths, changed, control));
}

async function* resumeLocked(
  { run, from }: ResumedRun,
  paths: string[],
  changed: Partial<TrainOptions>,
  control: TrainControl,
): Events {
  const checkpoint = readCheckpoint(from);
  const { state: left, tensors } = parseRunState(checkpoint, from);
  // The run's folder may have been moved since the checkpoint was written.
  const state = { ...left, best: left.best && { ...left.best, path: run.best } };
  const prepared = await prepareAgain(run, state, checkpoint, { paths, changed, control });
  const { length } = prepared;
  const hasEnded = isFinished(run.metrics, state.step);
  if (!hasEnded && length.steps < state.step) {
    throw new UsageError(
      `${run.name} has made ${state.step} steps already, more than ${length.steps}: give more --epochs or --steps`,
    );
  }
  const isSpent = hasSpentBudget({ ...state, options: prepared.options });
  const goesOn = goesOnLonger(changed) && state.step < length.steps && !isSpent;
  if (!goesOn && (hasEnded || isOver(state, length))) {
    yield* endAgain(run, state, hasEnded, control);
    return;
  }
  const start = readOptions(run)?.start ?? new Date().toISOString();
  const resumed = stateToGoOnFrom(state, prepared, changed, control);
  yield* withLearner(prepared, async function* (learner) {
    learner.loadParameters(tensors.parameters);
    learner.loadMoments(tensors.moments);
    learner.loadStates(tensors.states);
    if (from !== run.latest) await goBack(run, from, state, control);
    yield* launch(run, prepared, { start, state: resumed }, control, learner);
  });
}

/** Reads the data of a resumed run again, and plans the run with the changed options. */
async function prepareAgain(
  run: RunFolder,
  state: RunState,
  from: Checkpoint,
  {
    paths,
    changed: changes,
    control,
  }: { paths: string[]; changed: Partial<TrainOptions>; control: TrainControl },
): Promise<Prepared> {
  const options = completeOptions(resumedOptions(run, state, changes, control));
  const files = paths.length > 0 ? paths : ownFiles(run, state);
  const request = { options, task: await loadTask(options.task), from };
  const dataset = await readData(files, request, control, true).catch(async (error: unknown) => {
    // Another text may be too short or have none of the symbols. That it is another one says more.
    if (!(error instanceof CharrnnError) || !(await areOthers(files, state.corpus))) throw error;
    throw anotherText(run, some(files));
  });
  const changed = changedFile(dataset.record, state.corpus);
  if (changed !== undefined) {
    throw anotherText(run, changed);
  }
  return planRun(request, dataset, control);
}

function anotherText({ name }: RunFolder, files: string): CharrnnError {
  return new CharrnnError(
    `${files} is not the text that ${name} was trained on (its digest differs): name the original text`,
  );
}

/** Whether files can be read again and are not those of a record. A run with files of its own for a split has more. */
async function areOthers(paths: readonly string[], { val, test, sha256 }: CorpusRecord): Promise<boolean> {
  if (val !== undefined || test !== undefined || paths.includes("-")) return false;
  const digest = await digestOf(paths);
  return digest !== undefined && digest !== sha256;
}

/** Yields the end event of a run that has nothing left to do. */
async function* endAgain(run: RunFolder, state: RunState, hasEnded: boolean, { note }: TrainControl): Events {
  const lostPatience = hasLostPatience(state);
  const more = hasSpentBudget(state) ? "--minutes" : "--epochs or --steps";
  const remedy = lostPatience
    ? "stopped early (--patience): give --epochs or --steps to continue"
    : `is finished: give more ${more} to continue`;
  note?.(`${run.name} ${remedy}`);
  const end = endEvent(state, lostPatience ? "patience" : "finished");
  // The run was killed before it could write its end event. Without that event, it would count as unfinished for ever.
  if (!hasEnded) {
    await cutMetrics(run.metrics, state.step);
    appendMetrics(run.metrics, end);
  }
  yield end;
}

/**
 * Makes a kept checkpoint the run's latest. A best.json that was made after this checkpoint is no longer the run's
 * best. That file is renamed and not deleted, because the user may still want it.
 */
async function goBack(run: RunFolder, from: string, state: RunState, { note }: TrainControl): Promise<void> {
  await copyAtomically(from, run.latest);
  if (!existsSync(run.best)) return;
  const { training } = readCheckpoint(run.best);
  if (training === undefined || training.step === state.best?.step) return;
  const aside = join(run.folder, `best-of-step-${training.step}.json`);
  renameSync(run.best, aside);
  note?.(
    `the run goes back to step ${state.step}: its best checkpoint, of step ${training.step}, is renamed to ${aside}`,
  );
}

/** The state with which a run continues, given its options, data and engine now. Notes say what has changed. */
function stateToGoOnFrom(
  state: RunState,
  { kernels, options, dataset }: Prepared,
  changed: Partial<TrainOptions>,
  { note }: TrainControl,
): RunState {
  for (const name of ["lr", "minLr", "schedule"] as const) {
    const [before, now] = [state.options[name], options[name]];
    if (now !== before)
      note?.(`from step ${state.step + 1} on ${flagOf(name)} is ${now}, no longer ${before}`);
  }
  const sameBuild = kernels.name === state.engine && kernels.build === state.build;
  if (!sameBuild) {
    const another = kernels.name === state.engine ? "another build of it" : `the ${kernels.name} engine`;
    note?.(
      `the run was made by the ${state.engine} engine and continues with ${another}: results may differ in the last bits`,
    );
  }
  return {
    ...state,
    engine: kernels.name,
    build: kernels.build,
    exact: state.exact && sameBuild && options.minutes === undefined,
    options,
    corpus: { ...state.corpus, files: dataset.record.files },
    // A run that stopped early (--patience) and is told to continue counts its evaluations from 0 again.
    ...(goesOnLonger(changed) && hasLostPatience(state) && { evaluationsSinceBest: 0 }),
  };
}

/** The paths of the files that a run was trained on, as they were given then. */
function ownFiles({ name }: RunFolder, { corpus: { files } }: RunState): string[] {
  if (files.includes("-")) {
    throw new UsageError(
      `the text of ${name} came from standard input: pipe the text in again, as in \`--resume=${name} ${files.join(" ")}\``,
    );
  }
  const missing = missingFile(files);
  if (missing === undefined) return [...files];
  throw new CharrnnError(
    `cannot find ${missing}, the text that ${name} was trained on: run charrnn from the folder where that training was started, ` +
      "or give the new path of the text",
  );
}

function goesOnLonger({ epochs, steps, minutes }: Partial<TrainOptions>): boolean {
  return epochs !== undefined || steps !== undefined || minutes !== undefined;
}

/** A run, and the path of its checkpoint to continue from. */
interface ResumedRun {
  readonly run: RunFolder;
  readonly from: string;
}

function findRun(name: string | undefined, out: string): ResumedRun {
  if (name === undefined) {
    const run = newestUnfinishedRun(out);
    return { run, from: run.latest };
  }
  const path = [namedRun(out, name), name].find(existsSync);
  if (path === undefined) {
    const where = namedRun(out, name) === name ? "" : ` in ${out}`;
    throw new CharrnnError(`there is no run ${name}${where}: \`charrnn runs\` lists the runs`);
  }
  if (!statSync(path).isDirectory()) {
    const run = runAt(dirname(path));
    if (existsSync(run.options)) return { run, from: path };
    throw new UsageError(
      `--resume takes a run, and ${path} does not belong to a run: write --resume last, or as --resume=`,
    );
  }
  const run = runAt(path);
  if (existsSync(run.latest)) return { run, from: run.latest };
  const kept = lastKept(run.folder);
  const remedy = kept === undefined ? "`charrnn runs` lists the runs" : `give --resume=${kept}`;
  throw new CharrnnError(`${run.folder} has no latest.json to continue from: ${remedy}`);
}

function runAt(folder: string): RunFolder {
  return runFolder(dirname(folder), basename(folder));
}

/** The options of a resumed run: its own, with the changes that a resumed run may make. */
function resumedOptions(
  run: RunFolder,
  { options: own, engine }: RunState,
  changes: Partial<TrainOptions>,
  { note }: TrainControl,
): Partial<TrainOptions> & Pick<TrainOptions, "engine"> {
  for (const name of optionNames.filter((name) => name !== "out" && !mayChange(name))) {
    if (changes[name] === undefined || String(changes[name]) === String(own[name])) continue;
    throw contradiction(name, changes[name], own[name], run);
  }
  const schedule = changes.schedule ?? own.schedule;
  if (goesOnLonger(changes) && schedulesOfLength.includes(schedule)) {
    note?.(
      `--schedule ${schedule} depends on the number of steps: with the new number, the learning rates change`,
    );
  }
  if (goesOnLonger(changes) && own.evalEvery === undefined && optionThatValidates({ ...own, schedule })) {
    note?.(
      "a longer run is evaluated less often by default, so --patience and --schedule plateau wait for more steps",
    );
  }
  const choice = changes.engine ?? engine;
  const changed = Object.fromEntries(
    Object.entries(changes).filter(([name]) => mayChange(name as OptionName)),
  );
  return { ...withChanges(own, changed), engine: choice as TrainOptions["engine"] };
}

function mayChange(name: OptionName): boolean {
  return optionDefinitions[name].changesOnResume;
}

type Value = TrainOptions[OptionName];

function contradiction(name: OptionName, given: Value, own: Value, { folder }: RunFolder): UsageError {
  return new UsageError(
    `${flagOf(name)} ${String(given)} contradicts the run, which has ${String(own ?? "none")}: ` +
      `leave out ${flagOf(name)}, or start a new run from this run's weights (--init-from ${folder})`,
  );
}
