import { type SamplePiece } from "../sampling/sample.ts";
import { type Novelty } from "../evaluation/novelty.ts";
import { PrintableText } from "./terminal/format.ts";
import { type Terminal } from "./terminal/terminal.ts";

/** Where samples are written, and what is said about them on standard error. */
export interface SampleOutput extends Pick<Terminal, "stderr" | "now"> {
  readonly write: (data: string | Uint8Array) => Promise<void>;
  /** Whether people see the text on a terminal. */
  readonly isTTY: boolean;
  /** Goes to standard error just before the first text. */
  readonly heading: string;
}

/** A sample that has ended, as the novelty of samples needs it. */
export interface WholeSample {
  readonly index: number;
  readonly text: string;
  /** Only of a byte model. */
  readonly bytes: Uint8Array | undefined;
}

/**
 * Characters drawn within this time are written together, and look as if they came at once. To write each character
 * alone would take longer than to draw it.
 */
const MILLISECONDS_PER_WRITE = 8;

/**
 * Writes text as it is drawn. A file or a pipe gets the bytes of a byte model as they are. Between two samples stands a
 * line with `separator`, or none if `separator` is empty.
 */
export async function writeText(
  pieces: AsyncIterable<SamplePiece>,
  { write, isTTY, heading, stderr, now }: SampleOutput,
  separator: string,
): Promise<void> {
  const shown = new PrintableText();
  let index = 0;
  let last = "";
  let pending: Uint8Array[] = [];
  const add = (text: string | Uint8Array) => pending.push(Buffer.from(text));
  let writtenAt = -Infinity;
  for await (const piece of pieces) {
    if (writtenAt === -Infinity) stderr.write(heading);
    if (piece.index > index) {
      if (isTTY) add(shown.end());
      const line = isTTY ? shown.push(separator) + shown.end() : separator;
      add(`${last === "\n" ? "" : "\n"}${separator === "" ? "" : `${line}\n`}`);
    }
    index = piece.index;
    add(isTTY ? shown.push(piece.text) : (piece.bytes ?? piece.text));
    last = piece.text.at(-1) ?? last;
    if (now() - writtenAt < MILLISECONDS_PER_WRITE) continue;
    await write(Buffer.concat(pending));
    pending = [];
    writtenAt = now();
  }
  if (isTTY) add(`${shown.end()}${last === "\n" ? "" : "\n"}`);
  await write(Buffer.concat(pending));
}

/**
 * Writes one object for each sample. Its text begins with the prime, as do its bytes. With `noveltyOf`, all objects are
 * written at the end.
 */
export async function writeJson(
  pieces: AsyncIterable<SamplePiece>,
  { write, heading, stderr }: SampleOutput,
  { seed, primeOf }: { seed: number; primeOf: (index: number) => string },
  noveltyOf?: (samples: readonly WholeSample[]) => readonly Novelty[],
): Promise<void> {
  const lines: object[] = [];
  const samples: WholeSample[] = [];
  for await (const { conditions, stopped, ...sample } of whole(pieces)) {
    const { index, text, bytes } = sample;
    if (index === 0) stderr.write(heading);
    const base64 = bytes && Buffer.from(bytes).toString("base64");
    const line = { index, seed, prime: primeOf(index), conditions, text, bytes: base64, stopped };
    if (noveltyOf === undefined) {
      await write(`${JSON.stringify(line)}\n`);
    } else {
      lines.push(line);
      samples.push(sample);
    }
  }
  if (noveltyOf === undefined) return;
  const novelties = noveltyOf(samples);
  for (const [index, line] of lines.entries()) {
    await write(`${JSON.stringify({ ...line, novelty: novelties[index] })}\n`);
  }
}

/** Passes pieces on, and keeps each sample whole. */
export async function* keeping(
  pieces: AsyncIterable<SamplePiece>,
  samples: WholeSample[],
): AsyncGenerator<SamplePiece, void, undefined> {
  const joining = new Joining();
  for await (const piece of pieces) {
    const sample = joining.add(piece);
    if (sample !== undefined) samples.push(sample);
    yield piece;
  }
}

async function* whole(pieces: AsyncIterable<SamplePiece>) {
  const joining = new Joining();
  for await (const piece of pieces) {
    const sample = joining.add(piece);
    if (sample !== undefined) yield { ...sample, stopped: piece.stopped, conditions: piece.conditions };
  }
}

/** Joins the pieces of samples. */
class Joining {
  #text = "";
  /** One character for each byte. A list of arrays of one byte each would be large. */
  #spelled = "";

  /** The sample that this piece ends. */
  add({ index, text, bytes, stopped }: SamplePiece): WholeSample | undefined {
    this.#text += text;
    if (bytes) this.#spelled += Buffer.from(bytes).toString("latin1");
    if (stopped === undefined) return undefined;
    const sample = { index, text: this.#text, bytes: bytes && Buffer.from(this.#spelled, "latin1") };
    this.#text = "";
    this.#spelled = "";
    return sample;
  }
}
