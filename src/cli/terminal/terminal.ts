import type { Readable, Writable } from "node:stream";
import { fileError } from "../../file-error.ts";

/** A stream for output, which may be a terminal of so many columns. */
export type OutputStream = Writable & { isTTY?: boolean; columns?: number };

/** The signals that a command may listen for. */
export type Signal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** All that a command touches of the world it runs in, passed in so that tests need no process of their own. */
export interface Terminal {
  readonly stdin: Readable;
  /** Text and data. */
  readonly stdout: OutputStream;
  /** Everything for the eye. */
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds from a clock that never goes back. */
  readonly now: () => number;
  /** Where signals are heard; a listener is told which came. */
  readonly signals: {
    on(signal: Signal, listener: (signal: Signal) => void): unknown;
    off(signal: Signal, listener: (signal: Signal) => void): unknown;
  };
  /** Leaves once the threads have come to the end of what they do. */
  readonly exit: (code: number) => void;
  /** Leaves at once, by the signal itself where nobody listens to it. */
  readonly kill: (signal: Signal) => void;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    now: () => performance.now(),
    signals: process,
    exit: (code) => process.exit(code),
    kill: (signal) => process.kill(process.pid, signal),
  };
}

/** Writes, and settles once the stream has taken it. Throws what `outputFailure` makes of its failure. */
export function write(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error) reject(outputFailure(error));
      else resolve();
    });
  });
}

/** A failed write as the command line tells it: EPIPE as it is, anything else, as a full disk, in one line. */
export function outputFailure(error: Error): Error {
  return isClosedPipe(error) ? error : fileError("write", "the output", error);
}

/** Whether an error says that the reader of a pipe has left, as `head` does when it has seen enough. */
export function isClosedPipe(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "EPIPE";
}
