import { type Signal, type Terminal } from "./terminal.ts";

/**
 * The exit code after each signal: 128 and the signal's number, as shells have it. SIGHUP comes when the terminal is
 * closed.
 */
const exitCodes: Readonly<Record<Signal, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
const signals = Object.keys(exitCodes) as Signal[];

/** Work that these signals may cut short. */
export interface Interruption {
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
      exitCode = exitCodes[signal];
      controller.abort();
    } else {
      leave();
      terminal.exit(exitCodes[signal]);
    }
  };
  const release = () => {
    for (const signal of signals) terminal.signals.off(signal, interrupt);
  };
  for (const signal of signals) terminal.signals.on(signal, interrupt);
  return { signal: controller.signal, exitCode: () => exitCode, release };
}

/** Whether an error only says that work was aborted. */
export function isAbortion(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === "AbortError";
}
