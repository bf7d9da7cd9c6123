import type { Terminal } from "./terminal.ts";

const signals = ["SIGINT", "SIGTERM"] as const;

/** Long work that SIGINT and SIGTERM may cut short. */
export interface Interruption {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** What to exit with: 130 after SIGINT, 143 after SIGTERM, undefined where none came. */
  exitCode(): number | undefined;
  /** Stops listening: the signals do again what they do by themselves. */
  release(): void;
}

/**
 * Listens for SIGINT and SIGTERM: the first calls `first` and aborts, another calls `second` and leaves at once.
 */
export function listenForInterruption(
  terminal: Terminal,
  { first, second }: { first: () => void; second: () => void },
): Interruption {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const interrupt = (code: number) => {
    if (exitCode !== undefined) {
      second();
      terminal.exit(code);
      return;
    }
    exitCode = code;
    first();
    controller.abort();
  };
  const listeners = {
    SIGINT: () => {
      interrupt(130);
    },
    SIGTERM: () => {
      interrupt(143);
    },
  };
  for (const signal of signals) terminal.signals.on(signal, listeners[signal]);
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    release: () => {
      for (const signal of signals) terminal.signals.off(signal, listeners[signal]);
    },
  };
}

/** Whether an error says no more than that work was aborted. */
export function isAbortion(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === "AbortError";
}
