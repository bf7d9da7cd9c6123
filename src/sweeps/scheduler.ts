import { type TrainingEvent } from "../training/events.ts";
import { type Metric } from "../tasks/task.ts";
import { rungsOf, survivorsOf, type Rung } from "./halving.ts";
import { appendResult, isFailure, readResults, resultOf, type RunResult } from "./results.ts";
import { type Runner } from "./runner.ts";
import { bySetting, settingOf } from "./settings.ts";
import { type Halving } from "./spec.ts";
import { type SweepFolder, type SweepRun } from "./sweep-folder.ts";

/** A run that waits for its turn: how many steps it has, and the metric that decides about it. */
export interface ScheduledRun extends SweepRun {
  readonly steps: number;
  readonly metric: Metric;
}

export interface Schedule {
  readonly folder: SweepFolder;
  readonly corpus: readonly string[];
  readonly runs: readonly ScheduledRun[];
  readonly halving: Halving | undefined;
  /** The threads of each run: see `Assignment`. */
  readonly threadsOf: (run: ScheduledRun) => number | undefined;
  /** Whether runs that failed or diverged are tried again. */
  readonly retryFailed: boolean;
}

/** Told about the progress of a sweep. */
export interface Watcher {
  /** A run starts or continues in a slot. */
  readonly start: (run: string) => void;
  readonly event: (run: string, event: TrainingEvent) => void;
  /** A run ended; without a result, it was interrupted. */
  readonly end: (run: string, result: RunResult | undefined) => void;
}

/**
 * Trains the runs of a sweep that have no result yet, several at a time, and writes each result. Once the signal aborts,
 * the present runs are saved and no other starts. Returns the last result of each run.
 */
export async function runSweep(
  schedule: Schedule,
  runner: Runner,
  watcher: Watcher,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, RunResult>> {
  const scheduler = new Scheduler(schedule, runner, watcher, signal);
  await scheduler.run();
  return scheduler.results;
}

class Scheduler {
  readonly results: Map<string, RunResult>;
  readonly #schedule: Schedule;
  readonly #runner: Runner;
  readonly #watcher: Watcher;
  readonly #signal: AbortSignal;

  constructor(schedule: Schedule, runner: Runner, watcher: Watcher, signal: AbortSignal) {
    this.#schedule = schedule;
    this.#runner = runner;
    this.#watcher = watcher;
    this.#signal = signal;
    this.results = readResults(schedule.folder.results, true);
    if (!schedule.retryFailed) return;
    for (const [run, result] of this.results) if (isFailure(result)) this.results.delete(run);
  }

  async run(): Promise<void> {
    const { runs, halving } = this.#schedule;
    let left = runs;
    if (halving !== undefined) {
      const settings = new Set(runs.map(settingOf));
      for (const [index, rung] of rungsOf(settings.size, halving).entries()) {
        await this.#round(left, index, rung.share);
        if (this.#signal.aborted) return;
        left = this.#survivors(left, index, rung);
      }
    }
    await this.#round(left, undefined, undefined);
  }

  /** Trains the runs that have no result of this round yet, in their order. */
  async #round(
    runs: readonly ScheduledRun[],
    rung: number | undefined,
    share: number | undefined,
  ): Promise<void> {
    const waiting = runs.filter(({ name }) => !this.#isDone(this.results.get(name), rung));
    const next = waiting[Symbol.iterator]();
    const slot = async () => {
      for (const run of next) {
        if (this.#signal.aborted) return;
        await this.#train(run, rung, share);
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.#runner.slots, waiting.length) }, slot));
  }

  #isDone(result: RunResult | undefined, rung: number | undefined): boolean {
    if (result?.status !== "paused") return result !== undefined;
    return rung !== undefined && (result.rung ?? -1) >= rung;
  }

  async #train(run: ScheduledRun, rung: number | undefined, share: number | undefined): Promise<void> {
    const { folder, corpus, threadsOf } = this.#schedule;
    const { name, options, steps } = run;
    this.#watcher.start(name);
    const ending = await this.#runner.run(
      {
        run: name,
        out: folder.folder,
        corpus,
        options,
        threads: threadsOf(run),
        pauseAfter: share === undefined ? undefined : Math.ceil(share * steps),
      },
      (event) => {
        this.#watcher.event(name, event);
      },
      this.#signal,
    );
    if (ending.status === "interrupted") {
      this.#watcher.end(name, undefined);
      return;
    }
    this.#record(await resultOf(folder.folder, name, ending, rung));
  }

  #record(result: RunResult): void {
    appendResult(this.#schedule.folder.results, result);
    this.results.set(result.run, result);
    this.#watcher.end(result.run, result);
  }

  /** The runs of the settings that go on after a rung. All others are recorded as stopped. */
  #survivors(runs: readonly ScheduledRun[], rung: number, { survivors }: Rung): ScheduledRun[] {
    const settings = bySetting(runs);
    const candidates = [...settings].map(([key, runs]) => {
      const values = runs.flatMap(({ name }) => this.results.get(name)?.best?.value ?? []);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return { key, value: values.length > 0 ? mean : undefined };
    });
    const kept = new Set(survivorsOf(candidates, survivors, runs[0].metric.better));
    return runs.filter((run) => {
      if (kept.has(settingOf(run))) return true;
      const result = this.results.get(run.name);
      if (result?.status === "paused") this.#record({ ...result, status: "stopped", rung });
      return false;
    });
  }
}
