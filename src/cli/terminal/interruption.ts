import type { Terminal } from "./terminal.ts";

const signals = ["SIGINT", "SIGTERM"] as const;

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
 * orderly end, and the signal aborts; where it returns false, and at the second signal, `leave` tidies up and the
 * process leaves at once.
 */
export function listenForInterruption(
  terminal: Terminal,
  { finish, leave }: { finish: () => boolean; leave: () => void },
): Interruption {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const interrupt = (code: number) => {
    if (exitCode !== undefined || !finish()) {
      leave();
      terminal.exit(code);
      return;
    }
    exitCode = code;
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
