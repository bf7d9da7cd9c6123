import { UsageError } from "../errors.ts";
import { OutputFile } from "./output-file.ts";
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
  return new LossFile(new OutputFile(path, "--per-char", files));
}

/**
 * The file of --per-char: one JSON line for each character, written in larger pieces. The file may be a pipe. If the
 * pipe's reader (`head`, for example) leaves early, that is no error, because the score still has to be printed.
 */
class LossFile {
  readonly #file: OutputFile;
  #pending = "";
  #readerLeft = false;

  constructor(file: OutputFile) {
    this.#file = file;
  }

  readonly add = (offset: number, symbol: string | number, loss: number): void => {
    if (this.#readerLeft) return;
    this.#pending += `${JSON.stringify({ offset, symbol, loss })}\n`;
    if (this.#pending.length > 2 ** 16) this.flush();
  };

  flush(): void {
    const lines = this.#pending;
    this.#pending = "";
    try {
      this.#file.write(lines);
    } catch (thrown) {
      if (!isClosedPipe(thrown)) throw thrown;
      this.#readerLeft = true;
    }
  }

  close(): void {
    this.#file.close();
  }

  /** Deletes a new file if no losses came, for instance because the text could not be scored. */
  removeUnused(): void {
    this.#file.removeUnused();
  }
}
