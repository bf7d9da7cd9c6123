import { existsSync, renameSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { copyAtomically } from "../checkpoint/atomic.ts";
import { appendMetrics, cutMetrics, isFinished } from "../checkpoint/metrics.ts";
import { type Checkpoint } from "../checkpoint/format.ts";
import { readCheckpoint } from "../checkpoint/read.ts";
import { namedRun, newestUnfinishedRun } from "../checkpoint/find-run.ts";
import { lastKept } from "../checkpoint/numbered.ts";
import { readOptions, runFolder, type RunFolder } from "../checkpoint/run-folder.ts";
import { CharrnnError, UsageError } from "../errors.ts";
import { loadTask } from "../tasks/index.ts";
import { missingFile, some } from "../text/sources.ts";
import { launch, locked, withLearner, type Events } from "./launch.ts";
import {
  completeOptions,
  flagOf,
  optionThatValidates,
  optionDefinitions,
  optionNames,
  parseOptions,
  withChanges,
  type OptionName,
  type TrainOptions,
} from "./options.ts";
import { planRun, readData, type Prepared, type TrainControl } from "./prepare.ts";
import { endEvent, hasLostPatience, isOver, parseRunState, type RunState } from "./run-state.ts";
import { schedulesOfLength } from "./schedule.ts";

/**
 * Goes on with a run (a name, a folder, or the newest unfinished one) exactly as if it had never been interrupted. It
 * can also go back to a checkpoint that the run has kept. `paths` may be empty, because the run knows its data. A
 * finished run only yields its end.
 * @throws UsageError for a change that would make it another run; CharrnnError if the run or its data are gone
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
  // Another process may be working on it. Nothing is read before the run is locked.
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
  // The folder may have been moved since.
  const state = { ...left, best: left.best && { ...left.best, path: run.best } };
  const prepared = await prepareAgain(run, state, checkpoint, { paths, changed, control });
  const { length } = prepared;
  const hasEnded = isFinished(run.metrics, state.step);
  if (!hasEnded && length.steps < state.step) {
    throw new UsageError(
      `${run.name} has made ${state.step} steps already: it cannot end after ${length.steps}`,
    );
  }
  const goesOn = goesOnLonger(changed) && state.step < length.steps;
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

/** Reads the data of a run again, and plans the run with the changes. */
async function prepareAgain(
  run: RunFolder,
  state: RunState,
  from: Checkpoint,
  { paths, changed, control }: { paths: string[]; changed: Partial<TrainOptions>; control: TrainControl },
): Promise<Prepared> {
  const options = completeOptions(resumedOptions(run, state, changed, control));
  const files = paths.length > 0 ? paths : ownFiles(run, state);
  const request = { options, task: await loadTask(options.task), from };
  const dataset = await readData(files, request, control, true);
  if (dataset.record.sha256 !== state.corpus.sha256) {
    throw new CharrnnError(
      `${some(files)} is not the text that ${run.name} was trained on (its digest differs): give that text`,
    );
  }
  return planRun(request, dataset, control);
}

/** The end of a run that is over. */
async function* endAgain(run: RunFolder, state: RunState, hasEnded: boolean, { note }: TrainControl): Events {
  const lostPatience = hasLostPatience(state);
  const remedy = lostPatience
    ? "stopped early (--patience): give --epochs or --steps to continue"
    : "is finished: give more --epochs or --steps to go on longer";
  note?.(`${run.name} ${remedy}`);
  const end = endEvent(state, lostPatience ? "patience" : "finished");
  // It was killed before it could write its end. Without one, it would be the newest unfinished run for ever.
  if (!hasEnded) {
    await cutMetrics(run.metrics, state.step);
    appendMetrics(run.metrics, end);
  }
  yield end;
}

/**
 * Makes a kept checkpoint the run's latest. A best.json that was made later is not the run's best any more; it may be
 * dear to somebody, so it is renamed.
 */
async function goBack(run: RunFolder, from: string, state: RunState, { note }: TrainControl): Promise<void> {
  await copyAtomically(from, run.latest);
  if (!existsSync(run.best)) return;
  const { training } = readCheckpoint(run.best);
  if (training === undefined || training.step === state.best?.step) return;
  const aside = join(run.folder, `best-of-step-${training.step}.json`);
  renameSync(run.best, aside);
  note?.(
    `the run goes back to step ${state.step}: its best checkpoint, of step ${training.step}, is now ${aside}`,
  );
}

/** The state of a run that goes on with these options, this data and this engine. */
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
    const another = kernels.name === state.engine ? "another build of it" : "another";
    note?.(
      `the run was made by the ${state.engine} engine: it goes on with ${another}, which is not exact to the bit`,
    );
  }
  return {
    ...state,
    engine: kernels.name,
    build: kernels.build,
    exact: state.exact && sameBuild,
    options,
    corpus: { ...state.corpus, files: dataset.record.files },
    // A run that stopped early and is told to continue gets its whole patience again.
    ...(goesOnLonger(changed) && hasLostPatience(state) && { evaluationsSinceBest: 0 }),
  };
}

/** The files that a run was trained on, as they were named then. */
function ownFiles({ name }: RunFolder, { corpus: { files } }: RunState): string[] {
  if (files.includes("-")) {
    throw new UsageError(
      `the text of ${name} came from standard input: give it again, as in \`--resume=${name} ${files.join(" ")}\``,
    );
  }
  const missing = missingFile(files);
  if (missing === undefined) return [...files];
  throw new CharrnnError(
    `the text that ${name} was trained on, ${missing}, is not here: run charrnn from the folder where it was trained, ` +
      "or name where the text is now",
  );
}

function goesOnLonger({ epochs, steps }: Partial<TrainOptions>): boolean {
  return epochs !== undefined || steps !== undefined;
}

/** A run, and its checkpoint to go on from. */
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
    throw new CharrnnError(`there is no run ${name}${where}: \`charrnn runs\` lists the runs there are`);
  }
  if (!statSync(path).isDirectory()) {
    const run = runAt(dirname(path));
    if (existsSync(run.options)) return { run, from: path };
    throw new UsageError(
      `--resume takes a run, and ${path} does not belong to one: write --resume last, or as --resume=`,
    );
  }
  const run = runAt(path);
  if (existsSync(run.latest)) return { run, from: run.latest };
  const kept = lastKept(run.folder);
  const remedy = kept === undefined ? "`charrnn runs` lists the runs there are" : `give --resume=${kept}`;
  throw new CharrnnError(`${run.folder} has no latest.json to go on from: ${remedy}`);
}

function runAt(folder: string): RunFolder {
  return runFolder(dirname(folder), basename(folder));
}

/** The options of a resumed run: its own, and the changes that leave it the same run. */
function resumedOptions(
  run: RunFolder,
  { options: own, engine }: RunState,
  changes: Partial<TrainOptions>,
  { note }: TrainControl,
): Partial<TrainOptions> & Pick<TrainOptions, "engine"> {
  for (const name of optionNames.filter((name) => name !== "out" && !mayChange(name))) {
    if (changes[name] === undefined || changes[name] === own[name]) continue;
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
      "a longer run is evaluated less often by default, which changes what --patience and --schedule plateau count",
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
    `${flagOf(name)} ${given} contradicts the run, which has ${own ?? "none"}: ` +
      `leave out ${flagOf(name)}, or start a new run from the weights of this one (--init-from ${folder})`,
  );
}
