import { existsSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isLocked } from "../checkpoint/lock.ts";
import { runFolder } from "../checkpoint/run-folder.ts";
import { CharrnnError, messageOf } from "../errors.ts";
import { DivergenceError } from "../training/divergence.ts";
import { type TrainingEvent } from "../training/events.ts";
import { type TrainControl } from "../training/prepare.ts";
import { resume } from "../training/resume.ts";
import { train } from "../training/train.ts";
import { type Assignment, type Ending } from "./runner.ts";

/** A process whose sweep was killed ends after its present update. A run waits so long for its lock. */
const LONGEST_WAIT = 60_000;
const WAIT = 50;
/** Milliseconds between the step events that are passed on. */
const BETWEEN_STEPS = 250;

/** Trains the run of an assignment, or continues it. Never throws: a failure is an ending. */
export async function perform(
  assignment: Assignment,
  control: Pick<TrainControl, "shared" | "signal">,
  onEvent: (event: TrainingEvent) => void,
): Promise<Ending> {
  try {
    return await endingOf(assignment, control, onEvent);
  } catch (thrown) {
    if (control.signal?.aborted && thrown === control.signal.reason) return { status: "interrupted" };
    const reason = messageOf(thrown).replace(/\s*\n\s*/g, " ");
    if (thrown instanceof DivergenceError) return { status: "diverged", reason };
    const isForeseen = thrown instanceof CharrnnError;
    return { status: "failed", reason: isForeseen ? reason : `internal error, please report it: ${reason}` };
  }
}

async function endingOf(
  { run, out, corpus, options, threads, pauseAfter }: Assignment,
  control: Pick<TrainControl, "shared" | "signal">,
  onEvent: (event: TrainingEvent) => void,
): Promise<Ending> {
  const { folder, latest } = runFolder(out, run);
  await untilUnlocked(folder);
  // A process that was killed may have left a folder before it saved a checkpoint.
  if (!existsSync(latest)) rmSync(folder, { recursive: true, force: true });
  const all = {
    ...control,
    ownThread: threads === 0,
    ...(pauseAfter !== undefined && { pauseAfter }),
  };
  const threadOptions = threads === undefined || threads === 0 ? {} : { threads };
  const events = existsSync(latest)
    ? resume(run, [...corpus], { out, ...threadOptions }, all)
    : train([...corpus], { ...options, ...threadOptions, out, name: run }, all);
  let shown = -Infinity;
  let ending: Ending | undefined;
  for await (const event of events) {
    if (event.event === "end") {
      if (event.reason === "diverged") continue; // The error that follows says more.
      const wasPaused = event.reason === "interrupted" && !control.signal?.aborted;
      ending = { status: wasPaused ? "paused" : event.reason };
    } else if (event.event === "step") {
      if (performance.now() - shown < BETWEEN_STEPS) continue;
      shown = performance.now();
    } else if (event.event === "sample") {
      continue;
    }
    onEvent(event);
  }
  if (ending === undefined) throw new Error("the run ended without an end event");
  return ending;
}

async function untilUnlocked(folder: string): Promise<void> {
  const start = performance.now();
  while (isLocked(folder) && performance.now() - start < LONGEST_WAIT) await sleep(WAIT);
}
