import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { Checkpoint } from "../checkpoint/format.ts";
import { readCheckpoint } from "../checkpoint/read.ts";
import { isRun, resolveCheckpoint, runFolder } from "../checkpoint/run-folder.ts";
import { CharrnnError, UsageError } from "../errors.ts";
import { fileError } from "../file-error.ts";
import type { SplitName } from "../text/splits.ts";
import type { Evaluation, EvaluateOptions } from "../evaluation/evaluate.ts";
import { describeEvaluation } from "./evaluation-table.ts";
import { packageFolder, shippedCheckpoint } from "./package.ts";
import { phasePieces } from "./progress.ts";
import { listenForInterruption } from "./terminal/interruption.ts";
import { openStatusLine } from "./terminal/status-line.ts";
import { isClosedPipe, write } from "./terminal/terminal.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** The options of `charrnn eval` as the command line gives them. */
export interface EvalFlags {
  split?: SplitName;
  exact?: true;
  unknown: "error" | "skip";
  perChar?: string;
  baselines: boolean;
  out: string;
  threads?: number;
  engine: NonNullable<EvaluateOptions["engine"]>;
  json?: true;
}

/** The library's function that scores. */
export type EvaluateText = (typeof import("../evaluation/evaluate.ts"))["evaluateText"];

/** `charrnn eval`: scores a text, or a split of the text that a model was trained on. A signal leaves at once. */
export async function evaluate(
  first: string | undefined,
  second: string | undefined,
  flags: EvalFlags,
  terminal: Terminal,
): Promise<void> {
  const { checkpoint: reference, text } = positionals(first, second, flags.out);
  if (reference === undefined && text !== undefined && text !== "-" && !existsSync(text)) {
    throw new CharrnnError(
      `there is no text, checkpoint or run called ${text}: check the path; \`charrnn runs\` lists the runs`,
    );
  }
  const path = resolveCheckpoint(reference, flags.out, shippedCheckpoint);
  const { evaluateText } = await import("../evaluation/evaluate.ts");
  await printEvaluation(evaluateText, { path, checkpoint: readCheckpoint(path) }, text, flags, terminal);
}

/**
 * Which positional argument is which: with one alone, a .json file, a run folder or a run's name is the checkpoint
 * and anything else the text.
 */
export function positionals(
  first: string | undefined,
  second: string | undefined,
  out: string,
): { checkpoint: string | undefined; text: string | undefined } {
  if (first === undefined || second !== undefined || first.endsWith(".json") || isRun(first, out)) {
    return { checkpoint: first, text: second };
  }
  return { checkpoint: undefined, text: first };
}

/** What `evaluate` does once the checkpoint is read, with the function given that scores. */
export async function printEvaluation(
  evaluateText: EvaluateText,
  model: { path: string; checkpoint: Checkpoint },
  text: string | undefined,
  flags: EvalFlags,
  terminal: Terminal,
): Promise<void> {
  const split = flags.split ?? (text === undefined ? "val" : undefined);
  // The shipped model's text is shipped too.
  const corpusFolder = isSameFile(model.path, shippedCheckpoint) ? packageFolder : undefined;
  const files = [...filesOf(model, corpusFolder), ...(text === undefined ? [] : [text])];
  const losses = openLosses(flags.perChar, files);
  const line = openStatusLine(terminal.stderr, terminal.env);
  const interruption = listenForInterruption(terminal, {
    finish: () => false,
    leave: () => {
      line.clear();
      losses?.removeUnused();
    },
  });
  let evaluation: Evaluation;
  try {
    evaluation = await evaluateText(
      model.checkpoint,
      { split, text, stdin: terminal.stdin },
      {
        exact: flags.exact ?? false,
        baselines: flags.baselines,
        unknown: flags.unknown,
        corpusFolder,
        threads: flags.threads,
        engine: flags.engine,
        perCharacter: losses?.add,
        note: (note) => {
          terminal.stderr.write(`${note}\n`);
        },
        progress: (done, total) => {
          line.show(phasePieces({ phase: "scoring", done, total }));
        },
      },
    );
    losses?.flush();
  } finally {
    losses?.close();
    line.clear();
    interruption.release();
  }
  const result = { checkpoint: model.path, ...evaluation };
  await write(terminal.stdout, flags.json ? `${JSON.stringify(result)}\n` : describeEvaluation(result));
}

/** The files of a model: its own, those of its run, and the texts that it was trained on. */
function filesOf(
  { path, checkpoint }: { path: string; checkpoint: Checkpoint },
  corpusFolder = "",
): string[] {
  const folder = dirname(resolve(path));
  const { options, metrics, latest, best } = runFolder(dirname(folder), basename(folder));
  const texts = checkpoint.training?.corpus?.files ?? [];
  return [path, options, metrics, latest, best, ...texts.map((text) => resolve(corpusFolder, text))];
}

function openLosses(path: string | undefined, files: readonly string[]): LossFile | undefined {
  if (path === undefined) return undefined;
  if (path === "-") throw new UsageError("--per-char takes a file: /dev/stdout is standard output");
  const lost = files.find((file) => isSameFile(file, path));
  if (lost !== undefined) {
    throw new UsageError(`--per-char ${path} would overwrite ${lost}: name another file`);
  }
  return new LossFile(path);
}

/** Whether both paths lead to one file, be it through links. */
function isSameFile(one: string, other: string): boolean {
  if (!existsSync(one) || !existsSync(other)) return false;
  const [a, b] = [statSync(one), statSync(other)];
  return a.dev === b.dev && a.ino === b.ino;
}

/**
 * The file of --per-char: one JSON line a character, written in pieces of some size. A pipe whose reader has seen
 * enough, as `head`, is no error: the score is still to be told.
 */
class LossFile {
  readonly #path: string;
  readonly #file: number;
  readonly #isNew: boolean;
  #pending = "";
  /** What the file held before stays until there is something to put in its place. */
  #begun = false;
  #readerLeft = false;

  constructor(path: string) {
    this.#path = path;
    this.#isNew = !existsSync(path);
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
      // A pipe or a terminal holds nothing that could be cut off.
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

  /** A file that was made for losses of which there are none, as where a text could not be scored, goes again. */
  removeUnused(): void {
    if (this.#isNew && !this.#begun) rmSync(this.#path, { force: true });
  }
}
