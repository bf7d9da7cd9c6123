import { outputFailure, type Signal, type Terminal } from "./terminal.ts";

/*
 * What Ctrl-C does. While a command has nothing to finish, it ends at once. A training run has something to finish from
 * its first event on: the updates under way end, latest.json is saved (`#isStopped` and `#end` in training/run.ts), and
 * the process exits with 130. A second Ctrl-C ends the process at once; the last complete checkpoint stays.
 */

/** What long work is told, and what it tells, so that it can be cut short. */
export interface Attention {
  /** Aborts if a signal comes and there is something to finish, or if an output takes no more. */
  readonly signal: AbortSignal;
  /** There is something to finish from now on: the first signal aborts. Before, it ends the process at once. */
  readonly finishOnSignal: () => void;
  /** Ends the work because writing failed. */
  readonly leave: (error: Error) => void;
}

/** What happens on the screen around the work. */
export interface Surroundings {
  /** Hears that a signal came and the work is coming to its end. */
  readonly onFinish?: () => void;
  /** Tidies up before a signal ends the process at once. */
  readonly onLeave?: () => void;
  /** Takes the status line away; may be called more than once. */
  readonly close: () => void;
}

/** A signal ended the work early, in good order. The process exits with its code. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly exitCode: number;

  constructor(exitCode: number) {
    super("interrupted");
    this.exitCode = exitCode;
  }
}

/**
 * Does work that a signal, or an output that takes no more, may bring to an early but orderly end.
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
 * The exit code after each signal: 128 and the signal's number, as shells have it. SIGHUP comes when the terminal is
 * closed.
 */
const EXIT_CODES: Readonly<Record<Signal, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
const SIGNALS = Object.keys(EXIT_CODES) as Signal[];

/** Work that these signals may cut short. */
interface Interruption {
  /** Aborts if a signal comes and there is work to finish. */
  readonly signal: AbortSignal;
  /** The exit code; undefined if no signal has come. */
  exitCode(): number | undefined;
  /** Stops listening. The signals have their usual effect again. */
  release(): void;
}

/**
 * Listens for the signals. The first signal calls `finish`. If it returns true, there is work to bring to an orderly
 * end, and the abort signal fires. If it returns false, `leave` tidies up and the process exits. A second signal
 * (except SIGHUP) calls `leave` and kills the process, because an exit would wait for threads in the middle of a step.
 */
export function listenForInterruption(
  terminal: Terminal,
  { finish, leave }: { finish: () => boolean; leave: () => void },
): Interruption {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const interrupt = (signal: Signal) => {
    if (exitCode !== undefined) {
      // When a terminal is closed, both the kernel and the shell send it.
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

/** Whether an error only says that work was aborted. */
export function isAbortion(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === "AbortError";
}
