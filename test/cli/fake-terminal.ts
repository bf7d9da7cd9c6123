import { EventEmitter } from "node:events";
import { Readable, Writable } from "node:stream";
import { type OutputStream, type Terminal } from "../../src/cli/terminal/terminal.ts";

/** A stream that keeps what is written to it. */
export class FakeStream extends Writable implements OutputStream {
  text = "";
  readonly #chunks: Buffer[] = [];
  isTTY?: boolean;
  columns?: number;
  /** Where given, every write fails with this. */
  failure?: Error;

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.text += chunk.toString();
    this.#chunks.push(chunk);
    done(this.failure);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get lines(): string[] {
    return this.text.split("\n").slice(0, -1);
  }
}

export interface FakeTerminal extends Terminal {
  readonly stdout: FakeStream;
  readonly stderr: FakeStream;
  readonly signals: EventEmitter;
  /** Codes and signals that the command asked to leave with. */
  readonly exits: (number | string)[];
  /** Milliseconds on its clock. */
  time: number;
}

/** A terminal in memory; with `columns`, both outputs are terminals of that width. */
export function fakeTerminal(
  setting: { columns?: number; env?: Terminal["env"]; stdin?: string } = {},
): FakeTerminal {
  const stream = () => {
    const output = new FakeStream();
    if (setting.columns !== undefined) Object.assign(output, { isTTY: true, columns: setting.columns });
    // A failed write is also an event, which Node lets end the process where nobody listens.
    return output.on("error", () => undefined);
  };
  const exits: (number | string)[] = [];
  const terminal: FakeTerminal = {
    stdin: Readable.from([setting.stdin ?? ""]),
    stdout: stream(),
    stderr: stream(),
    env: setting.env ?? {},
    now: () => terminal.time,
    signals: new EventEmitter(),
    exit: (code) => exits.push(code),
    kill: (signal) => exits.push(signal),
    exits,
    time: 0,
  };
  return terminal;
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: it failed`), { code, syscall: "write" });
}
