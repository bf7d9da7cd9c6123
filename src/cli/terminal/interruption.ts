import type { Signal, Terminal } from "./terminal.ts";

/** What the process exits with after each, as a shell tells a death by it. SIGHUP comes when the terminal is closed. */
const exitCodes: Readonly<Record<Signal, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
const signals = Object.keys(exitCodes) as Signal[];

/** Work that these signals may cut short. */
export interface Interruption {
  /** Aborted by a signal that leaves work to finish. */
  readonly signal: AbortSignal;
  /** What to exit with; undefined where none aborted. */
  exitCode(): number | undefined;
  /** Stops listening: the signals do again what they do by themselves. */
  release(): void;
}

/**
 * Listens for the signals. The first one asks `finish`: where that returns true there is work to bring to an
 * orderly end, and the signal aborts; where it returns false, `leave` tidies up and the process exits. A second signal,
 * but for SIGHUP, kills it, after `leave`: exiting would wait for threads in the midst of a step.
 */
export function listenForInterruption(
  terminal: Terminal,
  { finish, leave }: { finish: () => boolean; leave: () => void },
): Interruption {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const interrupt = (signal: Signal) => {
    if (exitCode !== undefined) {
      // The kernel and the shell both send it when a terminal is closed.
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

/** Whether an error says no more than that work was aborted. */
export function isAbortion(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === "AbortError";
}
