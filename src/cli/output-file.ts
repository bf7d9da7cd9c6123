import { closeSync, fstatSync, ftruncateSync, lstatSync, openSync, rmSync, writeSync } from "node:fs";
import { UsageError } from "../errors.ts";
import { fileError } from "../file-error.ts";
import { isSameFile } from "./same-file.ts";
import { isClosedPipe } from "./terminal/terminal.ts";

/** A file that a command writes. Its old content goes just before the first new byte is written. */
export class OutputFile {
  readonly #path: string;
  readonly #file: number;
  readonly #isNew: boolean;
  #begun = false;

  /**
   * @throws UsageError if `path`, which `flag` names, leads to one of `files`, which must not be overwritten
   * @throws CharrnnError if the file cannot be written
   */
  constructor(path: string, flag: string, files: readonly string[]) {
    const lost = files.find((file) => isSameFile(file, path));
    if (lost !== undefined) {
      throw new UsageError(`${flag} ${path} would overwrite ${lost}: name another file`);
    }
    this.#path = path;
    this.#isNew = lstatSync(path, { throwIfNoEntry: false }) === undefined;
    try {
      this.#file = openSync(path, "a");
    } catch (thrown) {
      throw fileError("write", path, thrown);
    }
  }

  /** @throws CharrnnError if the bytes cannot be written; the EPIPE error of a pipe whose reader has left */
  write(data: string | Uint8Array): void {
    const bytes = Buffer.from(data);
    try {
      // A pipe or a terminal has no old content.
      if (!this.#begun && fstatSync(this.#file).isFile()) ftruncateSync(this.#file);
      this.#begun = true;
      for (let written = 0; written < bytes.length;) written += writeSync(this.#file, bytes, written);
    } catch (thrown) {
      throw isClosedPipe(thrown) ? thrown : fileError("write", this.#path, thrown);
    }
  }

  /** Closes the file. A new one is deleted if nothing was written. */
  close(): void {
    closeSync(this.#file);
    this.removeUnused();
  }

  removeUnused(): void {
    if (this.#isNew && !this.#begun) rmSync(this.#path, { force: true });
  }
}
