import { engineChoices, MOST_THREADS } from "../engine/engine.ts";
import { UsageError } from "../errors.ts";
import { cellNames } from "../model/cells/index.ts";
import { LARGEST_SIZE, MOST_LAYERS } from "../model/shapes.ts";
import { LANGUAGE_MODEL, taskNames } from "../tasks/index.ts";
import { requireFractions } from "../text/splits.ts";
import { choice, integer, real, text, type OptionDefinition } from "./option-definition.ts";

/** Above this a number is a slip of the finger: refused with a line rather than tried. */
const LARGEST_COUNT = 1_000_000_000;

/** Each step of each layer is a handful of operations in a program. */
const MOST_LAYER_STEPS = 100_000;

const every = { min: 1, max: LARGEST_COUNT };

/** Every option of a training run, in the order in which the help lists them. Keys are the flags in camel case. */
export const optionDefinitions = {
  task: choice(taskNames, LANGUAGE_MODEL, { description: "what is taught" }),
  cell: choice(cellNames, "lstm", { description: "recurrent cell" }),
  layers: integer(2, { min: 1, max: MOST_LAYERS }, { placeholder: "n", description: "recurrent layers" }),
  hidden: integer(
    128,
    { min: 1, max: LARGEST_SIZE },
    { placeholder: "units", description: "hidden units a layer" },
  ),
  embedding: integer(
    0,
    { min: 0, max: LARGEST_SIZE },
    { placeholder: "units", description: "size of a learned embedding; 0 feeds one-hot vectors" },
  ),
  dropout: real(
    0,
    { min: 0, below: 1 },
    { placeholder: "p", description: "probability of dropping a unit between layers and before the head" },
  ),
  seqLength: integer(
    50,
    { min: 1, max: 1_000_000 },
    { placeholder: "steps", description: "steps that the gradient flows back through (truncated BPTT)" },
  ),
  batchSize: integer(
    50,
    { min: 1, max: 65_536 },
    { placeholder: "streams", description: "parallel streams of text" },
  ),
  epochs: integer(
    50,
    { min: 1, max: LARGEST_COUNT },
    { placeholder: "n", description: "passes over the training split", changesOnResume: true },
  ),
  steps: integer(
    undefined,
    { min: 1, max: LARGEST_COUNT },
    { placeholder: "n", description: "updates to make, whatever --epochs says", changesOnResume: true },
  ),
  init: choice(["torch", "uniform", "orthogonal"], "torch", { description: "initial weights" }),
  initRange: real(
    0.08,
    { above: 0, max: 100 },
    { placeholder: "r", description: "weights of --init uniform lie in +-r" },
  ),
  forgetBias: real(
    1,
    { min: -100, max: 100 },
    { placeholder: "b", description: "initial bias of a forget gate" },
  ),
  optimizer: choice(["adam", "rmsprop", "adagrad", "sgd"], "adam", { description: "update rule" }),
  lr: real(0.002, { above: 0, max: 1e6 }, { placeholder: "rate", description: "learning rate" }),
  beta1: real(0.9, { min: 0, below: 1 }, { placeholder: "b", description: "Adam's decay of the mean" }),
  beta2: real(0.999, { min: 0, below: 1 }, { placeholder: "b", description: "Adam's decay of the squares" }),
  rmspropDecay: real(
    0.99,
    { min: 0, below: 1 },
    { placeholder: "d", description: "RMSprop's decay of the squares" },
  ),
  momentum: real(0, { min: 0, below: 1 }, { placeholder: "m", description: "momentum of SGD" }),
  schedule: choice(["constant", "linear", "cosine", "step", "exponential", "plateau"], "constant", {
    description: "how the learning rate changes",
  }),
  minLr: real(0, { min: 0, max: 1e6 }, { placeholder: "rate", description: "the schedule never goes below" }),
  warmup: integer(
    0,
    { min: 0, max: LARGEST_COUNT },
    { placeholder: "steps", description: "steps over which the rate first rises from 0" },
  ),
  decay: real(
    0.5,
    { above: 0, max: 1 },
    { placeholder: "factor", description: "factor of the step, exponential and plateau schedules" },
  ),
  decayAfter: integer(
    10,
    { min: 0, max: LARGEST_COUNT },
    { placeholder: "epochs", description: "epochs before step or exponential decay sets in" },
  ),
  decayEvery: integer(
    1,
    { min: 1, max: LARGEST_COUNT },
    { placeholder: "epochs", description: "epochs between decays; evaluations without gain for plateau" },
  ),
  weightDecay: real(
    0,
    { min: 0, max: 1e3 },
    { placeholder: "w", description: "decoupled weight decay (AdamW's), on matrices only" },
  ),
  clipNorm: real(
    5,
    { min: 0, max: 1e9 },
    { placeholder: "norm", description: "largest global gradient norm; 0 is off" },
  ),
  clipValue: real(
    undefined,
    { above: 0, max: 1e9 },
    { placeholder: "value", description: "clip each gradient to +-value instead of by norm" },
  ),
  valFrac: real(
    0.05,
    { min: 0, below: 1 },
    { placeholder: "fraction", description: "part of the text kept for validation" },
  ),
  testFrac: real(
    0.05,
    { min: 0, below: 1 },
    { placeholder: "fraction", description: "part of the text kept for testing" },
  ),
  patience: integer(
    undefined,
    { min: 1, max: LARGEST_COUNT },
    { placeholder: "evaluations", description: "stop after so many evaluations without a better loss" },
  ),
  seed: integer(
    1,
    { min: 0, max: 4_294_967_295 },
    { placeholder: "n", description: "seed of the initial weights and of dropout" },
  ),
  unit: choice(["char", "byte"], "char", { description: "what a symbol is: a code point or a byte" }),
  minCount: integer(
    1,
    { min: 1, max: LARGEST_COUNT },
    { placeholder: "n", description: "symbols seen fewer times become one unknown symbol" },
  ),
  name: text(undefined, {
    placeholder: "run",
    description: "name of the run; made from corpus, cell and size unless given",
  }),
  out: text("checkpoints", { placeholder: "folder", description: "where run folders lie" }),
  logEvery: integer(10, every, {
    placeholder: "steps",
    description: "steps between reports",
    changesOnResume: true,
  }),
  evalEvery: integer(undefined, every, {
    placeholder: "steps",
    description: "steps between validations (default: ten times a run, at least once an epoch)",
    changesOnResume: true,
  }),
  checkpointEvery: integer(undefined, every, {
    placeholder: "steps",
    description: "steps between checkpoints (default: ten times a run)",
    changesOnResume: true,
  }),
  sampleEvery: integer(
    undefined,
    { ...every, min: 0 },
    {
      placeholder: "steps",
      description: "steps between samples; 0 is none (default: ten times a run)",
      changesOnResume: true,
    },
  ),
  keep: integer(
    0,
    { min: 0, max: LARGEST_COUNT },
    {
      placeholder: "n",
      description: "numbered checkpoints to keep beside latest and best",
      changesOnResume: true,
    },
  ),
  initFrom: text(undefined, {
    placeholder: "checkpoint",
    description: "start from the weights and symbols of another run",
  }),
  threads: integer(
    undefined,
    { min: 1, max: MOST_THREADS },
    { placeholder: "n", description: "threads (default: one a core)", changesOnResume: true },
  ),
  engine: choice(engineChoices, "auto", {
    description: "what computes",
    changesOnResume: true,
  }),
} satisfies Record<string, OptionDefinition<unknown>>;

type Definitions = typeof optionDefinitions;

/** Every option of a run with its value; `undefined` means "worked out when the run starts". */
export type TrainOptions = {
  [K in keyof Definitions]: Definitions[K] extends OptionDefinition<infer T> ? T : never;
};

export type OptionName = keyof TrainOptions;

export const optionNames = Object.keys(optionDefinitions) as OptionName[];

/** The flag of an option: `seqLength` is `--seq-length`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(optionDefinitions, name);
}

/**
 * The options given, checked one by one: from a command line, a configuration file or a program. Options given
 * as undefined count as not given.
 * @throws UsageError for an unknown option, a value out of range, or two that contradict each other
 */
export function parseOptions(given: Readonly<Record<string, unknown>>): Partial<TrainOptions> {
  const parsed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!isOptionName(name)) {
      throw new UsageError(
        `there is no option ${JSON.stringify(name)}: it takes those of \`charrnn train --help\`, such as seqLength`,
      );
    }
    parsed[name] = optionDefinitions[name].parse(value, flagOf(name));
  }
  return parsed;
}

/**
 * Options with changes over them. A change rules out the old option that would have the last word on the same thing:
 * epochs the steps, a norm to clip by the value.
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

/** What of the options goes by the validation loss, as it stands on the command line. */
export function needOfValidation({ patience, schedule }: TrainOptions): string | undefined {
  if (patience !== undefined) return "--patience";
  return schedule === "plateau" ? "--schedule plateau" : undefined;
}

/** @throws UsageError if an option needs a validation loss; there is none for this `reason` */
export function refuseToGoByValidation(options: TrainOptions, reason: string): void {
  const need = needOfValidation(options);
  if (need !== undefined) throw new UsageError(`${need} needs a validation loss, and ${reason}`);
}

/**
 * The given options with the defaults for the rest.
 * @throws UsageError where two options contradict each other
 */
export function completeOptions(given: Partial<TrainOptions>): TrainOptions {
  const defaults = Object.fromEntries(optionNames.map((name) => [name, optionDefinitions[name].default]));
  const options = { ...defaults, ...given } as TrainOptions;
  requireFractions(options.valFrac, options.testFrac);
  if (options.valFrac === 0) refuseToGoByValidation(options, "--val-frac 0 leaves no validation");
  if (options.layers * options.seqLength > MOST_LAYER_STEPS) {
    throw new UsageError(
      `--seq-length ${options.seqLength} times --layers ${options.layers} is more than ${MOST_LAYER_STEPS} steps to ` +
        "unroll: reduce --seq-length",
    );
  }
  if (options.minLr > options.lr) {
    throw new UsageError(`--min-lr ${options.minLr} is above --lr ${options.lr}`);
  }
  return options;
}
