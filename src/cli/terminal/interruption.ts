import { outputFailure, type Signal, type Terminal } from "./terminal.ts";

/*
 * What Ctrl-C does. A command that has nothing to finish ends at once. A training run has something to finish from its
 * first event on: the run completes the updates under way and saves latest.json (`#isStopped` and `#end` in
 * training/run.ts). Then the process exits with 130. A second Ctrl-C ends the process at once; the last complete
 * checkpoint stays on disk.
 */

/** Passed to long work, so that the work can be ended early. */
export interface Attention {
  /** Aborts if the process gets a signal after `finishOnSignal`, or if writing fails. The work should then finish. */
  readonly signal: AbortSignal;
  /** The work calls this function once it has something to finish. Before that, a signal ends the process at once. */
  readonly finishOnSignal: () => void;
  /** The work calls this function if writing failed. The call aborts `signal`. */
  readonly leave: (error: Error) => void;
}

/** Callbacks that keep the screen in order when the work ends. */
export interface Surroundings {
  /** Called if a signal came and the work is about to finish. */
  readonly onFinish?: () => void;
  /** Called before a signal ends the process at once, to tidy up. */
  readonly onLeave?: () => void;
  /** Removes the status line; may be called more than once. */
  readonly close: () => void;
}

/** Thrown when a signal has ended the work early but in good order. The process then exits with `exitCode`. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly exitCode: number;

  constructor(exitCode: number) {
    super("interrupted");
    this.exitCode = exitCode;
  }
}

/**
 * Does work that a signal or a failed write may end early but in good order.
 * @throws Interrupted if a signal ended the work, the output's error if writing failed, and what the work throws
 */
export async function attend<Result>(
  terminal: Terminal,
  { onFinish, onLeave, close }: Surroundings,
  work: (attention: Attention) => Promise<Result>,
): Promise<Result> {
  let hasBegun = false;
  const interruption = listenForInterruption(terminal, {
    finish: () => {
      if (hasBegun) onFinish?.();
      return hasBegun;
    },
    leave: () => {
      close();
      onLeave?.();
    },
  });
  const leaving = new AbortController();
  let outputError: Error | undefined;
  const leave = (error: Error) => {
    outputError ??= outputFailure(error);
    leaving.abort();
  };
  const outputs = [terminal.stdout, terminal.stderr];
  for (const output of outputs) output.on("error", leave);
  const throwIfEndedEarly = () => {
    if (outputError !== undefined) throw outputError;
    const exitCode = interruption.exitCode();
    if (exitCode !== undefined) throw new Interrupted(exitCode);
  };
  try {
    const signal = AbortSignal.any([interruption.signal, leaving.signal]);
    const result = await work({ signal, finishOnSignal: () => (hasBegun = true), leave });
    throwIfEndedEarly();
    return result;
  } catch (thrown) {
    if (isAbortion(thrown)) throwIfEndedEarly();
    throw thrown;
  } finally {
    close();
    interruption.release();
    for (const output of outputs) output.off("error", leave);
  }
}

/**
 * The exit code after each signal: 128 plus the signal's number, as in shells. SIGHUP comes when the terminal is
 * closed.
 */
const EXIT_CODES: Readonly<Record<Signal, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
const SIGNALS = Object.keys(EXIT_CODES) as Signal[];

/** A listener for the signals above. */
interface Interruption {
  /** Aborts if a signal comes and there is work to finish. */
  readonly signal: AbortSignal;
  /** The exit code; undefined if no signal has come. */
  exitCode(): number | undefined;
  /** Stops listening. The signals have their usual effect again. */
  release(): void;
}

/**
 * Listens for the signals. The first signal calls `finish`. If `finish` returns true, there is work to bring to an
 * orderly end, and the abort signal fires. If `finish` returns false, `leave` tidies up and the process exits. A second
 * signal (except SIGHUP) calls `leave` and kills the process, because an exit would wait for threads in the middle of a
 * step.
 */
export function listenForInterruption(
  terminal: Terminal,
  { finish, leave }: { finish: () => boolean; leave: () => void },
): Interruption {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const interrupt = (signal: Signal) => {
    if (exitCode !== undefined) {
      // When a terminal is closed, both the kernel and the shell send SIGHUP.
      if (signal === "SIGHUP") return;
      leave();
      release();
      terminal.kill(signal);
    } else if (finish()) {
      exitCode = EXIT_CODES[signal];
      controller.abort();
    } else {
      leave();
      terminal.exit(EXIT_CODES[signal]);
    }
  };
  const release = () => {
    for (const signal of SIGNALS) terminal.signals.off(signal, interrupt);
  };
  for (const signal of SIGNALS) terminal.signals.on(signal, interrupt);
  return { signal: controller.signal, exitCode: () => exitCode, release };
}

/** Whether an error says only that the work was aborted. */
export function isAbortion(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === "AbortError";
}
