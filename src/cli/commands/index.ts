import { type CommandUnknownOpts } from "@commander-js/extra-typings";
import { type Terminal } from "../terminal/terminal.ts";

/** A command's line in the help. `load` imports the command's file, only if the command line names the command. */
export interface CommandEntry {
  readonly summary: string;
  readonly load: () => Promise<(terminal: Terminal) => CommandUnknownOpts>;
}

/** Every command by its name, in the order in which the help lists them. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  train: {
    summary: "train a model on text files, folders or standard input (-)",
    load: async () => (await import("./train.ts")).trainCommand,
  },
  sweep: {
    summary: "train many runs: a grid, a list or random draws of options, with seeds",
    load: async () => (await import("./sweep.ts")).sweepCommand,
  },
  compare: {
    summary: "compare runs or the runs of a sweep: losses, size, time, and whether settings differ",
    load: async () => (await import("./compare.ts")).compareCommand,
  },
  sample: {
    summary: "draw text from a model, one character at a time",
    load: async () => (await import("./sample.ts")).sampleCommand,
  },
  eval: {
    summary: "score a text or a table with a model: loss, other metrics, and baselines",
    load: async () => (await import("./eval.ts")).evalCommand,
  },
  predict: {
    summary: "predict the answer for each example of a table, or for each line of a text",
    load: async () => (await import("./predict.ts")).predictCommand,
  },
  inspect: {
    summary: "find what the units of a network track: quotations, brackets, positions, ...",
    load: async () => (await import("./inspect.ts")).inspectCommand,
  },
  gradients: {
    summary: "show how gradients flow through time: what vanishes, carries or explodes",
    load: async () => (await import("./gradients.ts")).gradientsCommand,
  },
  runs: {
    summary: "list the runs: model, step, best score, size",
    load: async () => (await import("./runs.ts")).runsCommand,
  },
  report: {
    summary: "show how runs went: curves, samples, options; in the terminal or as a page",
    load: async () => (await import("./report.ts")).reportCommand,
  },
  vocab: {
    summary: "list the characters or words that a model knows, with counts",
    load: async () => (await import("./vocab.ts")).vocabCommand,
  },
  doctor: {
    summary: "show this machine's hardware and which engine would run",
    load: async () => (await import("./doctor.ts")).doctorCommand,
  },
  corpus: {
    summary: "generate a text or a table whose best possible score is known",
    load: async () => (await import("./corpus.ts")).corpusCommand,
  },
};
