import { isAbortion, listenForInterruption } from "./interruption.ts";
import { outputFailure, type Terminal } from "./terminal.ts";

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
