import { createHash } from "node:crypto";
import { type Readable } from "node:stream";
import { UsageError } from "../errors.ts";
import { MOST_HELD_BACK } from "./encoded-text.ts";
import { openDecoder, UTF_8, type CodePointDecoder } from "./encoding.ts";
import { likelyUtf16 } from "./likely-encoding.ts";
import { findSources, PIECE_LENGTH, sourceName, type Source } from "./sources.ts";
import { type Unit } from "./symbol-table.ts";
import { AS_IT_IS, FormWriter, type TextForm } from "./text-form.ts";
import { TextNotes } from "./text-notes.ts";
import { utf8Length } from "./utf8.ts";

/** How the files of a corpus are read. */
export interface TextOptions {
  /** How characters are encoded, as `parseEncoding` names it (default utf-8). Bytes have no encoding. */
  readonly encoding?: string;
  /** What is done to the line ends and letters of the text (default: nothing). */
  readonly form?: TextForm | undefined;
  /** Files and folders of their own for validation and for testing. They come after all others. */
  readonly val?: readonly string[] | undefined;
  readonly test?: readonly string[] | undefined;
  /** The text between two files of one split (default: none). */
  readonly separator?: string | undefined;
  /** Whether a text goes on from one file to the next (default true). Otherwise a missing line end does not matter. */
  readonly areJoined?: boolean;
  /** What "-" reads (default: the standard input of the process). */
  readonly stdin?: Readable | undefined;
  /** Called after each piece of the text. `bytesTotal` is undefined if the size is not known in advance. */
  readonly onProgress?: ((bytesRead: number, bytesTotal: number | undefined) => void) | undefined;
}

/** Takes the code points (or bytes) of a text, file by file. The separator comes as a file of its own. */
export interface TextSink {
  begin(name: string): void;
  /** Takes the next piece, which may be overwritten. */
  take(codes: Uint32Array): void;
  end(): void;
  /** The number of symbols so far. */
  readonly length: number;
}

/** What was read, beside the text itself. */
export interface ReadFiles {
  /** The paths of the files in order, as given or found in folders; "-" is standard input. */
  readonly files: string[];
  /** The files of their own for validation and for testing, if there are any. */
  readonly val?: string[];
  readonly test?: string[];
  /** For each file (those of `files`, then `val`, then `test`): how many symbols there are up to its end. */
  readonly ends: readonly number[];
  /** The sha256 of all bytes read, in order, in hexadecimal; and that of each file, if there are several. */
  readonly sha256: string;
  readonly digests?: readonly string[];
  /** The bytes of the text in UTF-8 (or the raw bytes), without byte order marks. */
  readonly textBytes: number;
  /** Notes for the user, one line each. */
  readonly notes: string[];
}

const BYTE_ORDER_MARK = 0xfeff;

/**
 * Reads files, folders and standard input ("-") into `sink`, in one pass and in pieces.
 * @throws UsageError if `paths` is no list, is empty or names "-" twice, or "-" is a text of its own for a split
 * @throws CharrnnError if the input is missing, unreadable or not in the encoding
 */
export async function readFiles(
  paths: readonly string[],
  unit: Unit,
  options: TextOptions,
  sink: TextSink,
): Promise<ReadFiles> {
  const { val, test, stdin = process.stdin, onProgress } = options;
  const given = [paths, ...[val, test].filter((own) => own !== undefined)];
  if (given.slice(1).some((own) => own.includes("-")))
    throw new UsageError("--val and --test take files, not standard input (-): name a file");
  const found = [];
  for (const group of given) found.push(await findSources(group, stdin));
  const sources = found.map((group) => group.sources);
  const sizes = sources.flat().map(({ size }) => size);
  const total = sizes.reduce<number | undefined>(
    (sum, size) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );
  const reader = new TextReader(unit, options, sink, sizes.length > 1);
  for (const group of sources) {
    for (const [index, source] of group.entries()) {
      await reader.add(source, index === group.length - 1, (bytesRead) => onProgress?.(bytesRead, total));
    }
  }
  const names = sources.map((group) => group.map(({ name }) => name));
  const [files] = names;
  return {
    files,
    ...(val !== undefined && { val: names[1] }),
    ...(test !== undefined && { test: names[names.length - 1] }),
    ...reader.finish(),
    notes: [...found.flatMap(({ notes }) => notes), ...reader.notes.lines()],
  };
}

/** Decodes one file after another. */
class TextReader {
  readonly notes: TextNotes;
  readonly #unit: Unit;
  readonly #encoding: string;
  readonly #form: TextForm;
  readonly #separator: string | undefined;
  readonly #sink: TextSink;
  readonly #hash = createHash("sha256");
  readonly #digests: string[] | undefined;
  readonly #ends: number[] = [];
  readonly #codes = new Uint32Array(PIECE_LENGTH + MOST_HELD_BACK);
  #bytesRead = 0;
  #textBytes = 0;

  constructor(
    unit: Unit,
    { encoding = UTF_8, form = AS_IT_IS, separator, areJoined = true }: TextOptions,
    sink: TextSink,
    areSeveral: boolean,
  ) {
    this.#unit = unit;
    this.#encoding = encoding;
    this.#form = form;
    this.#separator = separator;
    this.#sink = sink;
    this.#digests = areSeveral ? [] : undefined;
    this.notes = new TextNotes(unit, form, { encoding, mustEndLines: areJoined && separator === undefined });
  }

  async add(source: Source, isLast: boolean, afterPiece: (bytesRead: number) => void): Promise<void> {
    const name = sourceName(source.name);
    const before = this.#bytesRead;
    const digest = this.#digests && createHash("sha256");
    const decoder = this.#unit === "char" ? openDecoder(this.#encoding, name) : undefined;
    const form = new FormWriter(this.#form);
    const { notes } = this;
    notes.begin(name);
    this.#sink.begin(name);
    let atStart = true;
    for await (const piece of source.read()) {
      this.#hash.update(piece);
      digest?.update(piece);
      const offset = this.#bytesRead - before;
      this.#bytesRead += piece.length;
      let codes = this.#codes.subarray(0, this.#decode(piece, decoder));
      if (atStart && codes.length > 0) {
        atStart = false;
        if (decoder && codes[0] === BYTE_ORDER_MARK) {
          notes.addByteOrderMark();
          codes = codes.subarray(1);
        }
      }
      notes.look(codes, () => likelyUtf16(piece, offset));
      this.#take(form.apply(codes));
      afterPiece(this.#bytesRead);
    }
    decoder?.end();
    this.#take(form.end());
    this.#sink.end();
    notes.end(isLast);
    if (!isLast) this.#separate();
    this.#ends.push(this.#sink.length);
    if (digest !== undefined) this.#digests?.push(digest.digest("hex"));
  }

  finish() {
    return {
      ends: this.#ends,
      sha256: this.#hash.digest("hex"),
      ...(this.#digests && { digests: this.#digests }),
      textBytes: this.#textBytes,
    };
  }

  #take(codes: Uint32Array): void {
    if (this.#unit === "byte") this.#textBytes += codes.length;
    else for (let i = 0; i < codes.length; i++) this.#textBytes += utf8Length(codes[i]);
    this.#sink.take(codes);
  }

  #separate(): void {
    if (this.#separator === undefined) return;
    const text = this.#separator;
    this.#sink.begin("the separator");
    this.#take(
      this.#unit === "byte"
        ? Uint32Array.from(new TextEncoder().encode(text))
        : Uint32Array.from(text, (character) => character.codePointAt(0) ?? 0),
    );
    this.#sink.end();
  }

  #decode(piece: Uint8Array, decoder: CodePointDecoder | undefined): number {
    if (decoder) return decoder.decode(piece, this.#codes);
    this.#codes.set(piece);
    return piece.length;
  }
}
