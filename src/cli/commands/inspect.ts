import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { Command, Option, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { resolveCheckpoint } from "../../checkpoint/find-run.ts";
import { readCheckpoint } from "../../checkpoint/read.ts";
import { engineLike } from "../../engine/engines.ts";
import { CharrnnError, UsageError, messageOf } from "../../errors.ts";
import { fileError } from "../../file-error.ts";
import { ablate } from "../../inspection/ablate.ts";
import { inspect, readUnits, USUAL_MOST, type InspectOptions } from "../../inspection/inspect.ts";
import { npyPieces } from "../../inspection/npy.ts";
import { extremePlaces } from "../../inspection/places.ts";
import { namedUnits, type NamedUnit } from "../../inspection/record.ts";
import { readSteps } from "../../inspection/steps.ts";
import { splitNames } from "../../text/splits.ts";
import {
  describeAblation,
  describeInspection,
  describePlaces,
  describeSteps,
  describeUnit,
} from "../display/inspection-table.ts";
import { phasePieces } from "../display/progress.ts";
import { corpusFolderOf, filesOf } from "../model-files.ts";
import { shippedCheckpoint } from "../package.ts";
import { positionals } from "../positionals.ts";
import { isSameFile } from "../same-file.ts";
import { checkpointHelp, runOption, unknownOption, wholeNumberOf } from "../shared-options.ts";
import { colourOf } from "../terminal/colour.ts";
import { attend } from "../terminal/interruption.ts";
import { openStatusLine } from "../terminal/status-line.ts";
import { columnsOf, write, type Terminal } from "../terminal/terminal.ts";

function declare() {
  return new Command("inspect")
    .argument("[checkpoint]", checkpointHelp)
    .argument("[text]", "text to read, or - for standard input (default: the model's validation split)")
    .addOption(new Option("--split <name>", "split of the training text to read").choices(splitNames))
    .option("--match <regex>", "a hypothesis of your own: what it matches, or its first group", expression)
    .option("--gates", "inspect the gates too")
    .option("--characters <n>", "characters to read", wholeNumberOf("--characters", 2), USUAL_MOST)
    .option("--show <unit>", "print the text with the activation of a unit, such as h:0:42")
    .addOption(
      new Option("--places <unit>", "print the contexts where a unit is highest and lowest").conflicts(
        "show",
      ),
    )
    .addOption(
      new Option(
        "--ablate <hypothesis>",
        "fix the units that track a hypothesis, and as many random ones",
      ).conflicts(["show", "places"]),
    )
    .addOption(
      new Option(
        "--steps <text>",
        "print each time step of a short text: input, hidden state, probabilities",
      ).conflicts(["show", "places", "ablate", "states"]),
    )
    .option(
      "--states <file>",
      "write all activations as a NumPy file (.npy), and its columns as JSON beside it",
    )
    .addOption(unknownOption())
    .addOption(runOption("encoding"))
    .addOption(runOption("seed", "seed of the controls"))
    .addOption(runOption("out", "folder that holds the run folders"))
    .addOption(runOption("threads"))
    .addOption(runOption("engine"))
    .option("--json", "print the result as one JSON object");
}

function expression(text: string): RegExp {
  try {
    return new RegExp(text, "gu");
  } catch (thrown) {
    throw new UsageError(`--match takes a regular expression: ${messageOf(thrown)}`);
  }
}

/** The options of `charrnn inspect` as the command line gives them. */
export type InspectFlags = ReturnType<ReturnType<typeof declare>["opts"]>;

export function inspectCommand(terminal: Terminal): CommandUnknownOpts {
  return declare().action((first, second, flags) => inspectUnits(first, second, flags, terminal));
}

/** How many characters --show prints, and how many places --places. */
const SHOWN_CHARACTERS = 2000;
const PLACES = 8;

/** `charrnn inspect`: finds what the units of a language model track in a text. */
export async function inspectUnits(
  first: string | undefined,
  second: string | undefined,
  flags: InspectFlags,
  terminal: Terminal,
): Promise<void> {
  const { checkpoint: reference, data: text } = positionals(first, second, flags.out);
  const path = resolveCheckpoint(reference, flags.out, shippedCheckpoint);
  const checkpoint = readCheckpoint(path);
  const engine = { engine: engineLike(checkpoint.training?.engine, flags.engine), threads: flags.threads };
  const columns = columnsOf(terminal.stdout);
  const say: Say = (result, shown) =>
    write(terminal.stdout, flags.json ? `${JSON.stringify({ checkpoint: path, ...result })}\n` : shown());

  if (flags.steps !== undefined) {
    const steps = await readSteps(checkpoint, flags.steps, engine);
    await say({ text: flags.steps, steps }, () => describeSteps(steps, columns));
    return;
  }
  if (flags.states !== undefined) {
    const files = [
      ...filesOf({ path, checkpoint }, corpusFolderOf(path)),
      ...(text === undefined ? [] : [text]),
    ];
    requireOwnFiles(flags.states, files);
  }
  const line = openStatusLine(terminal.stderr, terminal.env);
  await attend(terminal, { close: line.clear }, async ({ signal }) => {
    const split = flags.split ?? (text === undefined ? "val" : undefined);
    const source = { split, text, stdin: terminal.stdin };
    const options: InspectOptions = {
      ...engine,
      match: flags.match,
      gates: flags.gates,
      most: flags.characters,
      seed: flags.seed,
      unknown: flags.unknown,
      encoding: flags.encoding,
      corpusFolder: corpusFolderOf(path),
      signal,
      note: (note) => terminal.stderr.write(`${note}\n`),
      progress: (phase, done, total) => {
        line.show(phasePieces({ phase, done, total }));
      },
    };
    const { show, places, ablate: ablated, seed, states } = flags;
    const named = show ?? places;
    if (named !== undefined) {
      const read = await readUnits(checkpoint, source, options);
      line.clear();
      if (states !== undefined) writeStates(states, read);
      await printUnit(read, unitNamed(read, named), { asPlaces: show === undefined, terminal, say });
      return;
    }
    const inspected = await inspect(checkpoint, source, options);
    line.clear();
    if (states !== undefined) writeStates(states, inspected);
    const { inspection } = inspected;
    if (ablated === undefined) {
      await say(inspection, () => describeInspection(inspection, columns));
      return;
    }
    const { hypothesis, curve } = await ablate(checkpoint, inspected, ablated, { ...engine, seed });
    await say({ text: inspection.text, hypothesis: hypothesis.name, curve }, () =>
      describeAblation(hypothesis.name, curve, columns),
    );
  });
}

type Say = (result: object, shown: () => string) => Promise<void>;
type ReadUnits = Awaited<ReturnType<typeof readUnits>>;

/** Prints a unit along the text, or the places where it is highest and lowest. */
async function printUnit(
  { text }: ReadUnits,
  { name, values: all }: NamedUnit,
  { asPlaces, terminal: { stdout, env }, say }: { asPlaces: boolean; terminal: Terminal; say: Say },
): Promise<void> {
  const columns = columnsOf(stdout);
  if (asPlaces) {
    const found = extremePlaces(all, PLACES);
    await say({ text: text.name, unit: name, ...found }, () =>
      describePlaces(name, found, text.characters, columns),
    );
    return;
  }
  const values = all.subarray(0, SHOWN_CHARACTERS);
  const characters = text.characters.slice(0, values.length);
  await say({ text: characters.join(""), unit: name, values: Array.from(values) }, () =>
    describeUnit(name, values, characters, { colour: colourOf(stdout, env), columns }),
  );
}

function unitNamed({ recording }: ReadUnits, name: string): NamedUnit {
  const units = namedUnits(recording);
  const found = units.find((unit) => unit.name === name.trim());
  if (found !== undefined) return found;
  const last = units[units.length - 1].name;
  throw new CharrnnError(
    `the model has no unit ${JSON.stringify(name)}: units are named state:layer:unit, from ${units[0].name} to ${last}`,
  );
}

/** @throws UsageError if --states would overwrite one of these files */
function requireOwnFiles(path: string, files: readonly string[]): void {
  for (const written of [path, columnsFile(path)]) {
    const lost = files.find((file) => isSameFile(file, written));
    if (lost !== undefined) {
      throw new UsageError(`--states ${path} would overwrite ${lost}: name another file`);
    }
  }
}

/** The file beside --states that names the columns. */
function columnsFile(path: string): string {
  return `${path.replace(/\.npy$/, "")}.json`;
}

/** Writes the activations, and beside them a JSON file that names the columns and has the text. */
function writeStates(path: string, { recording, text }: ReadUnits): void {
  const units = namedUnits(recording);
  try {
    const file = openSync(path, "w");
    try {
      for (const piece of npyPieces(units)) writeSync(file, piece);
    } finally {
      closeSync(file);
    }
    const rows = text.characters.slice(0, -1);
    writeFileSync(columnsFile(path), `${JSON.stringify({ columns: units.map(({ name }) => name), rows })}\n`);
  } catch (thrown) {
    throw fileError("write", path, thrown);
  }
}
