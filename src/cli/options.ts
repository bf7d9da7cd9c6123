import { statSync } from "node:fs";
import { Option } from "commander";
import { parseNumber } from "../arguments.ts";
import { CharrnnError, UsageError } from "../errors.ts";
import { flagOf, optionDefinitions } from "../training/options.ts";
import type { OptionName } from "../training/options.ts";

/** The options of a run under the headings that the help shows them by. */
export const optionGroups: Readonly<Record<string, readonly OptionName[]>> = {
  "Model:": [
    "task",
    "cell",
    "layers",
    "hidden",
    "embedding",
    "dropout",
    "init",
    "initRange",
    "forgetBias",
    "initFrom",
  ],
  "Training:": ["seqLength", "batchSize", "epochs", "steps", "patience", "seed", "threads", "engine"],
  "Optimizer:": [
    ...(["optimizer", "lr", "beta1", "beta2", "rmspropDecay", "momentum", "weightDecay"] as const),
    ...(["clipNorm", "clipValue"] as const),
  ],
  "Schedule:": ["schedule", "minLr", "warmup", "decay", "decayAfter", "decayEvery"],
  "Text:": ["unit", "minCount", "valFrac", "testFrac"],
  "Run and output:": ["name", "out", "logEvery", "evalEvery", "sampleEvery", "checkpointEvery", "keep"],
};

/** The command line's form of an option of a run: what it takes and its default come from its definition. */
export function runOption(name: OptionName, description = optionDefinitions[name].description): Option {
  const flag = flagOf(name);
  const { placeholder, default: defaultValue, choices, parse } = optionDefinitions[name];
  const option = new Option(`${flag} <${placeholder}>`, description);
  if (choices !== undefined) option.choices(choices);
  if (defaultValue !== undefined) option.default(defaultValue);
  return option.argParser((text: string) => parse(text, flag));
}

/** `--out` of a command that only reads runs: a folder that is named must be there. */
export function readOutOption(): Option {
  return runOption("out").argParser((folder: string) => {
    const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
    if (!isFolder) throw new CharrnnError(`there is no folder ${JSON.stringify(folder)}: check --out`);
    return folder;
  });
}

/** Reads the number that an option takes; whether it is in range is for the one who uses it to say. */
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
