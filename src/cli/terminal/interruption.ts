import type { Terminal } from "./terminal.ts";

const signals = ["SIGINT", "SIGTERM"] as const;
type Signal = (typeof signals)[number];

/** As a shell tells a death by these signals. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 };

/** Work that SIGINT and SIGTERM may cut short. */
export interface Interruption {
  /** Aborted by a signal that leaves work to finish. */
  readonly signal: AbortSignal;
  /** What to exit with: 130 after SIGINT, 143 after SIGTERM, undefined where none aborted. */
  exitCode(): number | undefined;
  /** Stops listening: the signals do again what they do by themselves. */
  release(): void;
}

/**
 * Listens for SIGINT and SIGTERM. The first one asks `finish`: where that returns true there is work to bring to an
 * orderly end, and the signal aborts; where it returns false, `leave` tidies up and the process exits. A second signal
 * kills it, after `leave`: exiting would wait for threads in the midst of a step.
 */
export function listenForInterruption(
  terminal: Terminal,
  { finish, leave }: { finish: () => boolean; leave: () => void },
): Interruption {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const interrupt = (signal: Signal) => {
    if (exitCode !== undefined) {
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
  const listeners = {
    SIGINT: () => {
      interrupt("SIGINT");
    },
    SIGTERM: () => {
      interrupt("SIGTERM");
    },
  };
  const release = () => {
    for (const signal of signals) terminal.signals.off(signal, listeners[signal]);
  };
  for (const signal of signals) terminal.signals.on(signal, listeners[signal]);
  return { signal: controller.signal, exitCode: () => exitCode, release };
}

/** Whether an error says no more than that work was aborted. */
export function isAbortion(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === "AbortError";
}
