import { statSync } from "node:fs";
import { Option, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { parseNumber } from "../arguments.ts";
import { CharrnnError, UsageError } from "../errors.ts";
import { parseClamp, type Clamp } from "../model/clamp.ts";
import { unknownRules } from "../text/vocabulary.ts";
import {
  flagOf,
  optionDefinitions,
  optionNames,
  type OptionName,
  type TrainOptions,
} from "../training/options.ts";

/** An option of a command that means the same as the run's option of this name. The name must be one word. */
type SharedOption<Name extends OptionName> = Option<
  `--${Name} <value>`,
  undefined,
  TrainOptions[Name],
  TrainOptions[Name]
>;

/** Makes a command-line option from the definition of a run's option: its placeholder, default, choices and parser. */
export function runOption<Name extends OptionName>(
  name: Name,
  description = optionDefinitions[name].description,
): SharedOption<Name> {
  const flag = flagOf(name);
  const { placeholder, default: usual, choices, isList = false, parse } = optionDefinitions[name];
  if (usual === true) return new Option(flag.replace("--", "--no-"), description);
  if (usual === false) return new Option(flag, description);
  const option = new Option(`${flag} <${placeholder}${isList ? "..." : ""}>`, description);
  if (choices !== undefined) option.choices(choices);
  if (usual !== undefined) option.default(usual);
  return option.argParser((text: string, before: unknown) => {
    const value = parse(text, flag);
    return isList && Array.isArray(before) && Array.isArray(value) ? before.concat(value) : value;
  });
}

/** The options given on the command line, without defaults. commander knows the defaults only to show them in the help. */
export function givenFlags(command: CommandUnknownOpts): Partial<TrainOptions> {
  const given = Object.entries(command.opts()).filter(
    ([name]) => command.getOptionValueSource(name) === "cli",
  );
  return Object.fromEntries(given);
}

/** The flags that are options of a run, not of the command. */
export function runOptionsOf(flags: Partial<TrainOptions>): Partial<TrainOptions> {
  return Object.fromEntries(optionNames.filter((name) => name in flags).map((name) => [name, flags[name]]));
}

/** `--out` of a command that only reads runs. A folder that the user names must exist. */
export function readOutOption(): SharedOption<"out"> {
  const option = runOption("out");
  option.argParser((folder: string) => {
    const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
    if (!isFolder) throw new CharrnnError(`there is no folder ${JSON.stringify(folder)}: check --out`);
    return folder;
  });
  return option;
}

/** `--unknown`: what a command does with a character that is not in the model's vocabulary. */
export function unknownOption() {
  return new Option("--unknown <rule>", "what to do with a character that is not in the model's vocabulary")
    .choices(unknownRules)
    .default("error" as const);
}

/** `--clamp`: a unit of the network that keeps a value. It may be repeated. */
export function clampOption() {
  return new Option(
    "--clamp <unit=value>",
    "fix a unit of a hidden or cell state, as in c:0:42=0.9 (may be repeated)",
  ).argParser((text: string, before: readonly Clamp[] | undefined): readonly Clamp[] => [
    ...(before ?? []),
    parseClamp(text),
  ]);
}

/** The argument of a command that reads one model. */
export const checkpointHelp =
  "checkpoint file, run folder or run name (default: the best checkpoint of the newest run)";

/** Makes the parser of an option that takes a number. The code that uses the number checks its range. */
export function numberOf(flag: string): (text: string) => number {
  return (text) => parseNumber(text, flag, {}, false);
}

/** Makes the parser of an option that takes numbers, separated by commas. */
export function numbersOf(flag: string): (text: string) => number[] {
  return (text) => text.split(",").map(numberOf(flag));
}

/** Makes the parser of an option that takes a probability. */
export function probabilityOf(flag: string): (text: string) => number {
  return (text) => parseNumber(text, flag, { min: 0, max: 1 }, false);
}

/** Makes the parser of an option that takes a number above 0. */
export function positiveNumberOf(flag: string): (text: string) => number {
  return (text) => parseNumber(text, flag, { above: 0 }, false);
}

/** Makes the parser of an option that takes a whole number from `min` to 2^32 - 1. */
export function wholeNumberOf(flag: string, min: number): (text: string) => number {
  return (text) => parseNumber(text, flag, { min, max: 0xffff_ffff }, true);
}

const units: Readonly<Record<string, number>> = { "": 1, KB: 1e3, MB: 1e6, GB: 1e9 };

/** Makes the parser of an option that takes a size in characters: 5000, 20KB, 1.5MB, 1GB (KB is 1000). */
export function sizeOf(flag: string): (text: string) => number {
  return (text) => {
    const match = /^(\d+(?:\.\d+)?) ?(KB|MB|GB|)$/i.exec(text.trim());
    const size = match === null ? NaN : Math.round(Number(match[1]) * units[match[2].toUpperCase()]);
    if (!(size >= 1 && size <= 1e12)) {
      throw new UsageError(`${flag} takes a size such as 5000, 20KB or 1MB, not ${JSON.stringify(text)}`);
    }
    return size;
  };
}
