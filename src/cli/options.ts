import { statSync } from "node:fs";
import { Option } from "@commander-js/extra-typings";
import { parseNumber } from "../arguments.ts";
import { CharrnnError, UsageError } from "../errors.ts";
import { unknownRules } from "../text/vocabulary.ts";
import { flagOf, optionDefinitions, type OptionName, type TrainOptions } from "../training/options.ts";

/** A command's option that has the meaning of an option of a run; its name has one word. */
type SharedOption<Name extends OptionName> = Option<
  `--${Name} <value>`,
  undefined,
  TrainOptions[Name],
  TrainOptions[Name]
>;

/** The command line's form of an option of a run: what it takes and its default come from its definition. */
export function runOption<Name extends OptionName>(
  name: Name,
  description = optionDefinitions[name].description,
): SharedOption<Name> {
  const flag = flagOf(name);
  const { placeholder, default: usual, choices, parse } = optionDefinitions[name];
  if (usual === true) return new Option(flag.replace("--", "--no-"), description);
  if (usual === false) return new Option(flag, description);
  const option = new Option(`${flag} <${placeholder}>`, description);
  if (choices !== undefined) option.choices(choices);
  if (usual !== undefined) option.default(usual);
  return option.argParser((text: string) => parse(text, flag));
}

/** `--out` of a command that only reads runs: a folder that is named must be there. */
export function readOutOption(): SharedOption<"out"> {
  const option = runOption("out");
  option.argParser((folder: string) => {
    const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
    if (!isFolder) throw new CharrnnError(`there is no folder ${JSON.stringify(folder)}: check --out`);
    return folder;
  });
  return option;
}

/** What a command does with a character that its model does not know. */
export function unknownOption() {
  return new Option("--unknown <rule>", "what to do with a character that the model does not know")
    .choices(unknownRules)
    .default("error" as const);
}

/** The argument of a command that reads one model. */
export const checkpointHelp = "file, run folder or name of a run (default: the best of the newest run)";

/** Reads the number that an option takes. Its range is checked by the code that uses it. */
export function numberOf(flag: string): (text: string) => number {
  return (text) => parseNumber(text, flag, {}, false);
}

/** Reads the whole number from `min` to 2^32 - 1 that an option takes. */
export function wholeNumberOf(flag: string, min: number): (text: string) => number {
  return (text) => parseNumber(text, flag, { min, max: 0xffff_ffff }, true);
}

const units: Readonly<Record<string, number>> = { "": 1, KB: 1e3, MB: 1e6, GB: 1e9 };

/** Reads a size in characters: 5000, 20KB, 1.5MB, 1GB, in powers of 1000. */
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
