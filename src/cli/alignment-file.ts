import { closeSync, openSync, writeSync } from "node:fs";
import { UsageError } from "../errors.ts";
import { fileError } from "../file-error.ts";
import { type Answered } from "../tasks/task.ts";
import { isSameFile } from "./same-file.ts";

/** The file of --alignments: a JSON line for each input. */
export interface AlignmentFile {
  readonly add: (answer: Answered) => void;
  readonly close: () => void;
}

/**
 * Opens the file of --alignments, if the option is given.
 * @throws UsageError if `path` leads to one of `files`, which must not be overwritten; CharrnnError if the file cannot be
 * written
 */
export function openAlignments(
  path: string | undefined,
  files: readonly string[],
): AlignmentFile | undefined {
  if (path === undefined) return undefined;
  const lost = files.find((file) => isSameFile(file, path));
  if (lost !== undefined) {
    throw new UsageError(`--alignments ${path} would overwrite ${lost}: name another file`);
  }
  const attempt = <Result>(action: () => Result): Result => {
    try {
      return action();
    } catch (thrown) {
      throw fileError("write", path, thrown);
    }
  };
  const file = attempt(() => openSync(path, "w"));
  return {
    add: ({ input, prediction, alignment }) => {
      const line = `${JSON.stringify({ input, prediction, weights: alignment })}\n`;
      attempt(() => writeSync(file, line));
    },
    close: () => {
      closeSync(file);
    },
  };
}
