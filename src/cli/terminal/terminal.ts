import { type Readable, type Writable } from "node:stream";
import { fileError } from "../../file-error.ts";

/** A stream for output, which may be a terminal of so many columns. */
export type OutputStream = Writable & { isTTY?: boolean; columns?: number };

/** The signals that a command may listen for. */
export type Signal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** Everything that a command uses of its process. It is passed in, so that tests need no process of their own. */
export interface Terminal {
  readonly stdin: Readable;
  /** Text and data. */
  readonly stdout: OutputStream;
  /** Everything that is only for people. */
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds from a clock that never goes back. */
  readonly now: () => number;
  /** Signals arrive here. A listener hears which one came. */
  readonly signals: {
    on(signal: Signal, listener: (signal: Signal) => void): unknown;
    off(signal: Signal, listener: (signal: Signal) => void): unknown;
  };
  /** Exits once the threads have ended their current work. */
  readonly exit: (code: number) => void;
  /** Exits at once: sends the signal to this process, which nobody listens to any more. */
  readonly kill: (signal: Signal) => void;
}

/** The columns of a stream that is a terminal; undefined for any other. */
export function columnsOf({ isTTY = false, columns }: OutputStream): number | undefined {
  return isTTY ? columns : undefined;
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

/**
 * Writes a text or bytes, and settles once the stream has taken it.
 * @throws CharrnnError if it cannot be written, or the EPIPE error of a closed pipe
 */
export function write(stream: Writable, text: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error) reject(outputFailure(error));
      else resolve();
    });
  });
}

/**
 * The error of a failed write: EPIPE as it is, and anything else, such as a full disk, as a CharrnnError of one line.
 */
export function outputFailure(error: Error): Error {
  return isClosedPipe(error) ? error : fileError("write", "the output", error);
}

/** Whether an error says that the reader of a pipe has left, as `head` does. */
export function isClosedPipe(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "EPIPE";
}
