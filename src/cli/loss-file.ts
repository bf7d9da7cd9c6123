import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { UsageError } from "../errors.ts";
import { fileError } from "../file-error.ts";
import { isClosedPipe } from "./terminal/terminal.ts";

/**
 * Opens the file of --per-char, if the option is given.
 * @throws UsageError if `path` leads to one of `files`, which must not be overwritten; CharrnnError if the file cannot
 * be written
 */
export function openLosses(path: string | undefined, files: readonly string[]): LossFile | undefined {
  if (path === undefined) return undefined;
  if (path === "-")
    throw new UsageError("--per-char takes a file, not -: write /dev/stdout for standard output");
  const lost = files.find((file) => isSameFile(file, path));
  if (lost !== undefined) {
    throw new UsageError(`--per-char ${path} would overwrite ${lost}: name another file`);
  }
  return new LossFile(path);
}

/** Whether both paths lead to the same file, even through links. */
export function isSameFile(one: string, other: string): boolean {
  if (!existsSync(one) || !existsSync(other)) return false;
  const [a, b] = [statSync(one), statSync(other)];
  return a.dev === b.dev && a.ino === b.ino;
}

/**
 * The file of --per-char: one JSON line for each character, written in larger pieces. The file may be a pipe. If the
 * pipe's reader (`head`, for example) leaves early, that is no error, because the score still has to be printed.
 */
class LossFile {
  readonly #path: string;
  readonly #file: number;
  readonly #isNew: boolean;
  #pending = "";
  /** Whether the file's old content has been removed, which happens just before the first new line is written. */
  #begun = false;
  #readerLeft = false;

  constructor(path: string) {
    this.#path = path;
    this.#isNew = lstatSync(path, { throwIfNoEntry: false }) === undefined;
    try {
      this.#file = openSync(path, "a");
    } catch (thrown) {
      throw fileError("write", path, thrown);
    }
  }

  readonly add = (offset: number, symbol: string | number, loss: number): void => {
    if (this.#readerLeft) return;
    this.#pending += `${JSON.stringify({ offset, symbol, loss })}\n`;
    if (this.#pending.length > 2 ** 16) this.flush();
  };

  flush(): void {
    const lines = Buffer.from(this.#pending);
    this.#pending = "";
    try {
      // A pipe or a terminal has no old content.
      if (!this.#begun && fstatSync(this.#file).isFile()) ftruncateSync(this.#file);
      this.#begun = true;
      for (let written = 0; written < lines.length;) written += writeSync(this.#file, lines, written);
    } catch (thrown) {
      if (!isClosedPipe(thrown)) throw fileError("write", this.#path, thrown);
      this.#readerLeft = true;
    }
  }

  close(): void {
    closeSync(this.#file);
    this.removeUnused();
  }

  /** Deletes a new file if no losses came, for instance because the text could not be scored. */
  removeUnused(): void {
    if (this.#isNew && !this.#begun) rmSync(this.#path, { force: true });
  }
}
