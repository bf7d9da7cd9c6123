import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { type Checkpoint } from "../../checkpoint/format.ts";
import { resolveCheckpoint } from "../../checkpoint/find-run.ts";
import { keptCheckpoints } from "../../checkpoint/numbered.ts";
import { readCheckpoint } from "../../checkpoint/read.ts";
import { CharrnnError, UsageError } from "../../errors.ts";
import { cellNames, type CellName } from "../../model/cells/index.ts";
import { measureGradients, untrainedModel } from "../../training/gradients.ts";
import { optionGroups } from "../../training/option-definition.ts";
import { flagOf, optionDefinitions, optionNames, type TrainOptions } from "../../training/options.ts";
import { train } from "../../training/train.ts";
import { describeGradients, type NamedGradients } from "../display/gradient-table.ts";
import { phasePieces } from "../display/progress.ts";
import { openTrainingDisplay } from "../display/training-display.ts";
import { corpusFolderOf } from "../model-files.ts";
import { shippedCheckpoint } from "../package.ts";
import { positionals } from "../positionals.ts";
import {
  checkpointHelp,
  givenFlags,
  runOption,
  runOptionsOf,
  unknownOption,
  wholeNumberOf,
} from "../shared-options.ts";
import { colourOf } from "../terminal/colour.ts";
import { attend, type Attention } from "../terminal/interruption.ts";
import { openStatusLine } from "../terminal/status-line.ts";
import { columnsOf, write, type Terminal } from "../terminal/terminal.ts";

/** Options of a run that do not describe an untrained network or a comparison. */
const OTHER_OPTIONS: readonly string[] = ["unknown", "initFrom"];
/** Options that say how to measure, and may stand beside a checkpoint. */
const MEASURING_OPTIONS: readonly string[] = ["seed", "threads", "engine", "out", "encoding"];

const describing = optionNames.filter((name) => ![...OTHER_OPTIONS, ...MEASURING_OPTIONS].includes(name));

function declare() {
  const command = new Command("gradients")
    .argument("[checkpoint]", checkpointHelp)
    .argument("[text]", "text to measure on, or - for standard input (default: the model's training split)")
    .option(
      "--compare <list>",
      "cells, such as rnn,lstm,gru, to train alike on a text as runs of their own; or runs to set side by side",
    )
    .option("--by-checkpoint", "measure each numbered checkpoint of the run (see --keep of `charrnn train`)")
    .option(
      "--places <n>",
      "random places of the text whose losses are followed",
      wholeNumberOf("--places", 1),
      256,
    )
    .addOption(unknownOption())
    .addOption(runOption("encoding"))
    .addOption(runOption("seed", "seed of the places, and of the initial weights of an untrained network"))
    .addOption(runOption("out", "folder that holds the run folders"))
    .addOption(runOption("threads"))
    .addOption(runOption("engine"))
    .option("--json", "print the result as one JSON object");
  for (const group of optionGroups) {
    for (const name of describing.filter((name) => optionDefinitions[name].group === group)) {
      command.addOption(runOption(name).helpGroup(`${group}, untrained or compared:`));
    }
  }
  return command.addHelpText("after", notes);
}

const notes = `
The last groups of options describe an untrained network (charrnn gradients --cell rnn --hidden 64
text.txt), or the runs that --compare trains. Such runs are kept in --out like those of \`charrnn
train\`; --name N calls them N-rnn, N-lstm and so on. --seed also draws the places.`;

/** The options of `charrnn gradients` as the command line gives them. */
export type GradientFlags = ReturnType<ReturnType<typeof declare>["opts"]>;

export function gradientsCommand(terminal: Terminal): CommandUnknownOpts {
  return declare().action((first, second, flags, command) =>
    gradients(first, second, flags, runOptionsOf(givenFlags(command)), terminal),
  );
}

/** A model to measure, and its name in the result. */
interface Subject {
  readonly name: string;
  readonly checkpoint: Checkpoint;
  /** Where the checkpoint is. Undefined: the network is not trained yet. */
  readonly path: string | undefined;
  /** Whether its initial weights are measured too. */
  readonly start: boolean;
}

/**
 * `charrnn gradients`: measures how gradients flow through time, in a checkpoint, in an untrained network or in several
 * networks side by side. `given` are the options of a run on the command line.
 */
export async function gradients(
  first: string | undefined,
  second: string | undefined,
  flags: GradientFlags,
  given: Partial<TrainOptions>,
  terminal: Terminal,
): Promise<void> {
  const line = openStatusLine(terminal.stderr, terminal.env);
  const onFinish = () => {
    terminal.stderr.write("finishing the steps under way and saving; interrupt again to quit at once\n");
  };
  const networks = await attend(terminal, { close: line.clear, onFinish }, async (attention) => {
    const { subjects, text } = await subjectsOf(first, second, flags, given, terminal, attention);
    const measured: NamedGradients[] = [];
    for (const { name, checkpoint, path, start } of subjects) {
      const metrics = path === undefined ? undefined : join(dirname(path), "metrics.jsonl");
      const result = await measureGradients(checkpoint, {
        text,
        stdin: terminal.stdin,
        start,
        metrics,
        places: flags.places,
        seed: flags.seed,
        unknown: flags.unknown,
        encoding: flags.encoding,
        corpusFolder: path === undefined ? undefined : corpusFolderOf(path),
        threads: flags.threads,
        engine: flags.engine,
        signal: attention.signal,
        note: (note) => terminal.stderr.write(`${note}\n`),
        progress: (done, total) => {
          line.show(phasePieces({ phase: `measuring ${name}`, done, total }));
        },
      });
      measured.push({ name, ...result });
    }
    return measured;
  });
  const shape = { colour: colourOf(terminal.stdout, terminal.env), columns: columnsOf(terminal.stdout) };
  await write(
    terminal.stdout,
    flags.json ? `${JSON.stringify({ cells: networks })}\n` : describeGradients(networks, shape),
  );
}

/** The models to measure and the text, from the arguments and options. */
async function subjectsOf(
  first: string | undefined,
  second: string | undefined,
  flags: GradientFlags,
  given: Partial<TrainOptions>,
  terminal: Terminal,
  attention: Attention,
): Promise<{ subjects: readonly Subject[]; text: string | undefined }> {
  const described = optionNames.filter((name) => name in given && !MEASURING_OPTIONS.includes(name));
  if (flags.compare !== undefined) {
    if (second !== undefined) throw new UsageError("--compare takes one text: leave out the other argument");
    if (flags.byCheckpoint) throw new UsageError("--by-checkpoint is for one run: leave out --compare");
    const names = flags.compare.split(",").map((name) => name.trim());
    if (names.every(isCell)) {
      if (first === undefined) {
        throw new UsageError("--compare trains on a text: for example corpora/tales.txt");
      }
      requireNoCell(given);
      return { subjects: await trainCells(names, first, given, terminal, attention), text: first };
    }
    requireUndescribed(described, "--compare names runs");
    const subjects = names.map((name) => {
      const path = resolveCheckpoint(name, flags.out, name);
      return { name, path, checkpoint: readCheckpoint(path), start: true };
    });
    return { subjects, text: first };
  }
  const { checkpoint: reference, data: text } = positionals(first, second, flags.out);
  if (reference === undefined && described.length > 0) {
    if (text === undefined) {
      throw new UsageError("an untrained network is measured on a text: for example corpora/tales.txt");
    }
    if (flags.byCheckpoint) throw new UsageError("--by-checkpoint is for a run: name it");
    const checkpoint = await untrainedModel([text], given, { stdin: terminal.stdin });
    return { subjects: [{ name: "untrained", path: undefined, checkpoint, start: false }], text };
  }
  requireUndescribed(described, "the checkpoint has a network already");
  if (reference === undefined && text !== undefined && text !== "-" && !existsSync(text)) {
    throw new CharrnnError(
      `there is no text, checkpoint or run called ${text}: check the path; \`charrnn runs\` lists the runs`,
    );
  }
  const path = resolveCheckpoint(reference, flags.out, shippedCheckpoint);
  if (flags.byCheckpoint) return { subjects: keptSubjects(dirname(path)), text };
  return { subjects: [{ name: path, path, checkpoint: readCheckpoint(path), start: true }], text };
}

function isCell(name: string): name is CellName {
  return cellNames.some((cell) => cell === name);
}

function requireNoCell({ cell }: Partial<TrainOptions>): void {
  if (cell !== undefined) throw new UsageError("--compare names the cells: leave out --cell");
}

function requireUndescribed(described: readonly (keyof TrainOptions)[], why: string): void {
  const first = described.at(0);
  if (first === undefined) return;
  throw new UsageError(
    `${flagOf(first)} describes an untrained network, or the cells to train with --compare, and ${why}: ` +
      `leave out ${flagOf(first)}`,
  );
}

/** The numbered checkpoints of a run, the first one first. */
function keptSubjects(folder: string): Subject[] {
  const kept = keptCheckpoints(folder);
  if (kept.length === 0) {
    throw new UsageError(`${folder} has no numbered checkpoints: train with --keep N to have N of them`);
  }
  return kept.map(({ step, path }, index) => ({
    name: `step ${step}`,
    path,
    checkpoint: readCheckpoint(path),
    // All checkpoints of a run have the same start.
    start: index === 0,
  }));
}

/** Trains one run for each cell with the same options, one after the other. */
async function trainCells(
  cells: readonly CellName[],
  text: string,
  given: Partial<TrainOptions>,
  terminal: Terminal,
  { signal, finishOnSignal, leave }: Attention,
): Promise<Subject[]> {
  if (text === "-") throw new UsageError("--compare reads the text several times: give a file, not -");
  const subjects: Subject[] = [];
  for (const cell of cells) {
    const display = openTrainingDisplay(terminal, { json: false, quiet: false });
    const name = given.name === undefined ? undefined : `${given.name}-${cell}`;
    let folder = "";
    try {
      const control = { signal, note: display.note, progress: display.progress };
      for await (const event of train([text], { ...given, cell, name }, control)) {
        finishOnSignal();
        if (event.event === "start") ({ folder } = event);
        await display.event(event).catch(leave);
      }
    } finally {
      display.close();
    }
    signal.throwIfAborted();
    const path = resolveCheckpoint(join(".", folder), "", folder);
    subjects.push({
      name: `${cell} (${basename(folder)})`,
      path,
      checkpoint: readCheckpoint(path),
      start: true,
    });
  }
  return subjects;
}
