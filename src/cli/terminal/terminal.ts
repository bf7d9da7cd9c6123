import { type Readable, type Writable } from "node:stream";
import { fileError } from "../../file-error.ts";

/** An output stream. If `isTTY` is true, the stream is a terminal that is `columns` wide. */
export type OutputStream = Writable & { isTTY?: boolean; columns?: number };

/** The signals that a command may listen for. */
export type Signal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** The parts of the process that a command uses. These parts are passed in, so that tests can replace them. */
export interface Terminal {
  readonly stdin: Readable;
  /** Takes the result of a command: text and data. */
  readonly stdout: OutputStream;
  /** Takes messages that are only for people. */
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds from a clock that never goes back. */
  readonly now: () => number;
  /** Where to listen for signals. A listener receives the name of the signal. */
  readonly signals: {
    on(signal: Signal, listener: (signal: Signal) => void): unknown;
    off(signal: Signal, listener: (signal: Signal) => void): unknown;
  };
  /** Exits once the threads have ended their current work. */
  readonly exit: (code: number) => void;
  /** Exits at once: sends this process a signal for which it has no listener any more. */
  readonly kill: (signal: Signal) => void;
}

/** The width of a stream in columns; undefined if the stream is no terminal. */
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
 * Writes a text or bytes, and settles once the stream has taken everything.
 * @throws CharrnnError if writing fails, or the EPIPE error if a pipe is closed
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
 * The error to throw for a failed write. EPIPE stays as it is. Any other error, such as a full disk, becomes a
 * CharrnnError of one line.
 */
export function outputFailure(error: Error): Error {
  return isClosedPipe(error) ? error : fileError("write", "the output", error);
}

/** Whether an error says that the reader of a pipe has left, as `head` does. */
export function isClosedPipe(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "EPIPE";
}
