import { isRecord, type Checkpoint } from "../checkpoint/format.ts";
import { UsageError } from "../errors.ts";
import { refuseForBytes } from "../text/encoding.ts";
import { requireFractions } from "../text/splits.ts";
import { type OptionDefinition } from "./option-definition.ts";
import { flagOf, optionDefinitions, optionNames, type OptionName, type TrainOptions } from "./options.ts";

/** Limits the length of a program, which has a few operations for each time step of each layer. */
const MOST_LAYER_STEPS = 100_000;

function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(optionDefinitions, name);
}

/**
 * Checks the given options one by one. The options come from a command line, a configuration file or a program. Options
 * given as undefined count as not given.
 * @throws UsageError for an unknown option or a value out of range
 */
export function parseOptions(given: Readonly<Record<string, unknown>>): Partial<TrainOptions> {
  const parsed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!isOptionName(name)) {
      throw new UsageError(
        `there is no option ${JSON.stringify(name)}: \`charrnn train --help\` lists the options, such as seqLength`,
      );
    }
    parsed[name] = optionDefinitions[name].parse(value, flagOf(name));
  }
  return parsed;
}

/**
 * The options of the run that wrote a checkpoint. Undefined if the checkpoint does not say how it was trained.
 * @throws UsageError if it has an unknown option or a value out of range
 */
export function optionsOfRun({ training }: Pick<Checkpoint, "training">): TrainOptions | undefined {
  return isRecord(training?.options) ? completeOptions(parseOptions(training.options)) : undefined;
}

/**
 * Options with changes applied. If an old option would overrule a change, the old option is dropped: new epochs drop
 * the old steps, and a new --clip-norm drops the old --clip-value.
 */
export function withChanges(
  own: Partial<TrainOptions>,
  changes: Partial<TrainOptions>,
): Partial<TrainOptions> {
  return {
    ...own,
    ...(changes.epochs !== undefined && { steps: undefined }),
    ...(changes.clipNorm !== undefined && { clipValue: undefined }),
    ...changes,
  };
}

/** The option that needs a validation loss, as written on the command line; undefined if no option needs one. */
export function optionThatValidates({ patience, schedule }: TrainOptions): string | undefined {
  if (patience !== undefined) return "--patience";
  return schedule === "plateau" ? "--schedule plateau" : undefined;
}

/** @throws UsageError if an option needs a validation loss; `reason` says why there is no validation loss */
export function requireNoValidation(options: TrainOptions, reason: string): void {
  const need = optionThatValidates(options);
  if (need !== undefined)
    throw new UsageError(`${need} needs a validation loss, and ${reason}: leave out ${need}`);
}

/**
 * The given options, and the defaults of all options that are not given.
 * @throws UsageError if two options contradict each other
 */
export function completeOptions(given: Partial<TrainOptions>): TrainOptions {
  const defaults = Object.fromEntries(optionNames.map((name) => [name, optionDefinitions[name].default]));
  const options = { ...defaults, ...given } as TrainOptions;
  requireTask(options);
  requireFractions(options.valFrac, options.testFrac);
  if (options.valFrac === 0 && options.val === undefined)
    requireNoValidation(options, "--val-frac 0 leaves no validation");
  if (options.lines && options.documents) {
    throw new UsageError("--lines and --documents are both given: leave out one of them");
  }
  for (const [own, fraction] of [
    ["val", "valFrac"],
    ["test", "testFrac"],
  ] as const) {
    // A default may come from the options.json of such a run.
    if (options[own] === undefined || options[fraction] === optionDefinitions[fraction].default) continue;
    throw new UsageError(`${flagOf(own)} and ${flagOf(fraction)} are given both: leave out one of them`);
  }
  if (options.unit === "byte") {
    refuseForBytes(options.encoding);
    for (const name of ["newlines", "normalize"] as const) {
      if (options[name] === optionDefinitions[name].default) continue;
      throw new UsageError(
        `${flagOf(name)} is for characters, and --unit byte keeps all bytes: leave out ${flagOf(name)}`,
      );
    }
  }
  const apart = options.lines ? "--lines" : options.documents ? "--documents" : undefined;
  if (options.separator !== undefined && apart !== undefined) {
    throw new UsageError(
      `--separator is for files that are joined, and ${apart} keeps them apart: leave out --separator`,
    );
  }
  if (options.layers * options.seqLength > MOST_LAYER_STEPS) {
    throw new UsageError(
      `--seq-length ${options.seqLength} times --layers ${options.layers} is more than ${MOST_LAYER_STEPS} steps to ` +
        "unroll: reduce --seq-length",
    );
  }
  if (options.minLr > options.lr) {
    throw new UsageError(`--min-lr ${options.minLr} is above --lr ${options.lr}: give a smaller --min-lr`);
  }
  return options;
}

/** `a, b or c` */
function alternatives(names: readonly string[]): string {
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(", ")} or ${names[names.length - 1]}`;
}

/** @throws UsageError if an option was given that the task does not have */
function requireTask(options: TrainOptions): void {
  for (const name of optionNames) {
    const { tasks, default: usual }: OptionDefinition<unknown> = optionDefinitions[name];
    if (tasks === undefined || tasks.includes(options.task) || options[name] === usual) continue;
    const flag = usual === true ? flagOf(`no-${name}`) : flagOf(name);
    throw new UsageError(
      `${flag} is for --task ${alternatives(tasks)}, but this is --task ${options.task}: leave out ${flag}, or give another --task`,
    );
  }
}

/** One line for each option that has no effect with the given other options. Defaults are not mentioned. */
export function ignoredOptions(options: TrainOptions): string[] {
  return optionNames.flatMap((name) => {
    const { onlyWith = {}, needs, default: usual }: OptionDefinition<unknown> = optionDefinitions[name];
    if (options[name] === usual) return [];
    if (needs !== undefined && options[needs as OptionName] === undefined) {
      return [`${flagOf(name)} ${String(options[name])} is ignored without ${flagOf(needs)}`];
    }
    return Object.entries(onlyWith)
      .filter(([other, values]) => !values.includes(options[other as OptionName]))
      .map(([other]) => {
        const value = options[other as OptionName];
        return `${flagOf(name)} ${String(options[name])} is ignored with ${flagOf(other)} ${String(value)}`;
      });
  });
}
