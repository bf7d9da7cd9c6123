import { engineChoices, MOST_THREADS } from "../engine/engine.ts";
import { cellNames, cells } from "../model/cells/index.ts";
import { attentions, LARGEST_SIZE, MOST_LAYERS } from "../model/shapes.ts";
import { LANGUAGE_MODEL, taskNames } from "../tasks/index.ts";
import { parseEncoding, UTF_8 } from "../text/encoding.ts";
import { tableFormats } from "../text/tables/table.ts";
import { newlineRules, normalizeRules } from "../text/text-form.ts";
import { unknownRules } from "../text/vocabulary.ts";
import {
  choice,
  flag,
  integer,
  paths,
  real,
  stepsOrTime,
  text,
  type OptionDefinition,
} from "./option-definition.ts";

/** A count above this is taken for a typing error, and refused. */
const LARGEST_COUNT = 1_000_000_000;

/** A year. More is a typing error. */
const MOST_MINUTES = 366 * 24 * 60;

const count = { min: 1, max: LARGEST_COUNT };
const rate = { max: 1e6 };
const fraction = { min: 0, below: 1 };

/** The tasks whose data are tables. */
const tableTasks = [
  "one-to-one",
  "one-to-many",
  "many-to-one",
  "many-to-many",
  "series",
  "sequence-to-sequence",
] as const;

/** The table tasks whose examples have a target. */
const exampleTasks = [
  "one-to-one",
  "one-to-many",
  "many-to-one",
  "many-to-many",
  "sequence-to-sequence",
] as const;

/** The example tasks whose targets are classes or numbers, not texts. */
const answeringTasks = ["one-to-one", "many-to-one", "many-to-many"] as const;

/** The example tasks that read several steps. */
const sequenceTasks = ["many-to-one", "many-to-many", "sequence-to-sequence"] as const;

/** The tasks that read sequences of rows. */
const rowTasks = ["many-to-one", "many-to-many", "series"] as const;

const withForgetGate = cellNames.filter((cell) => cells[cell].gates.includes("forget"));

const withMemoryGates = cellNames.filter((cell) => Object.keys(cells[cell].memoryGates).length > 0);

/** Every option of a training run, in the order in which the help lists them. Keys are the flags in camel case. */
export const optionDefinitions = {
  task: choice({
    group: "Model",
    description: "what the network learns",
    choices: taskNames,
    default: LANGUAGE_MODEL,
  }),
  cell: choice({ group: "Model", description: "recurrent cell", choices: cellNames, default: "lstm" }),
  layers: integer({
    group: "Model",
    description: "recurrent layers",
    placeholder: "n",
    default: 2,
    range: { min: 1, max: MOST_LAYERS },
  }),
  hidden: integer({
    group: "Model",
    description: "hidden units per layer",
    placeholder: "units",
    default: 128,
    range: { min: 1, max: LARGEST_SIZE },
  }),
  embedding: integer({
    group: "Model",
    description: "size of a learned embedding; 0 feeds one-hot vectors",
    placeholder: "units",
    default: 0,
    range: { min: 0, max: LARGEST_SIZE },
  }),
  bidirectional: flag({
    group: "Model",
    description: "read every example in both directions",
    default: false,
    tasks: sequenceTasks,
  }),
  attention: choice({
    group: "Model",
    description:
      "how the decoder reads the encoder's outputs: by the scores of Luong et al. (2015), or not at all",
    choices: attentions,
    default: "luong",
    tasks: ["sequence-to-sequence"],
  }),
  chrono: integer({
    group: "Model",
    description:
      "start with gates that remember for up to this many steps (Tallec and Ollivier 2018); 0 is off",
    placeholder: "steps",
    default: 0,
    range: { min: 0, max: LARGEST_COUNT },
    onlyWith: { cell: withMemoryGates },
  }),
  dropout: real({
    group: "Model",
    description: "probability of dropping a unit between layers and before the output layer",
    placeholder: "p",
    default: 0,
    range: fraction,
  }),
  init: choice({
    group: "Model",
    description: "initial weights",
    choices: ["torch", "uniform", "orthogonal"],
    default: "torch",
  }),
  initRange: real({
    group: "Model",
    description: "--init uniform draws weights from -r to r",
    placeholder: "r",
    default: 0.08,
    range: { above: 0, max: 100 },
    onlyWith: { init: ["uniform"] },
  }),
  forgetBias: real({
    group: "Model",
    description: "initial bias of a forget gate",
    placeholder: "b",
    default: 1,
    range: { min: -100, max: 100 },
    onlyWith: { cell: withForgetGate },
  }),
  initFrom: text({
    group: "Model",
    description: "start from the weights and vocabulary of another run",
    placeholder: "checkpoint",
    default: undefined,
  }),
  seqLength: integer({
    group: "Training",
    description: "time steps that the gradient flows back through (truncated BPTT)",
    placeholder: "steps",
    default: 50,
    range: { min: 1, max: 1_000_000 },
    tasks: ["language-model", "series"],
  }),
  batchSize: integer({
    group: "Training",
    description:
      "rows of a batch: streams of a text, or examples (default: 50, or fewer if the data is small)",
    placeholder: "rows",
    default: undefined,
    range: { min: 1, max: 65_536 },
  }),
  epochs: integer({
    group: "Training",
    description: "passes over the training split",
    placeholder: "n",
    default: 50,
    range: count,
    changesOnResume: true,
  }),
  steps: integer({
    group: "Training",
    description: "updates to make, instead of --epochs",
    placeholder: "n",
    default: undefined,
    range: count,
    changesOnResume: true,
  }),
  minutes: real({
    group: "Training",
    description: "time to train, if --epochs or --steps do not end first; the schedule is fitted to it",
    placeholder: "n",
    default: undefined,
    range: { above: 0, max: MOST_MINUTES },
    changesOnResume: true,
  }),
  metric: choice({
    group: "Training",
    description: "metric that decides which checkpoint is the best",
    choices: ["loss", "accuracy", "token-accuracy", "macro-f1", "rmse", "mae", "symbol-error-rate"],
    default: "loss",
  }),
  labelSmoothing: real({
    group: "Training",
    description: "share of each target's probability that training spreads over all symbols",
    placeholder: "share",
    default: 0,
    range: fraction,
    tasks: ["sequence-to-sequence"],
  }),
  patience: integer({
    group: "Training",
    description: "stop after this many evaluations without a better one",
    placeholder: "evaluations",
    default: undefined,
    range: count,
  }),
  seed: integer({
    group: "Training",
    description: "seed of the initial weights and of dropout",
    placeholder: "n",
    default: 1,
    range: { min: 0, max: 4_294_967_295 },
  }),
  threads: integer({
    group: "Training",
    description: "threads (default: one for each core)",
    placeholder: "n",
    default: undefined,
    range: { min: 1, max: MOST_THREADS },
    changesOnResume: true,
  }),
  engine: choice({
    group: "Training",
    description: "code that computes the network",
    choices: engineChoices,
    default: "auto",
    changesOnResume: true,
  }),
  optimizer: choice({
    group: "Optimizer",
    description: "update rule",
    choices: ["adam", "rmsprop", "adagrad", "sgd"],
    default: "adam",
  }),
  lr: real({
    group: "Optimizer",
    description: "learning rate",
    placeholder: "rate",
    default: 0.002,
    range: { ...rate, above: 0 },
    changesOnResume: true,
  }),
  beta1: real({
    group: "Optimizer",
    description: "Adam's decay rate for the mean of the gradients",
    placeholder: "b",
    default: 0.9,
    range: fraction,
    onlyWith: { optimizer: ["adam"] },
  }),
  beta2: real({
    group: "Optimizer",
    description: "Adam's decay rate for the mean of the squared gradients",
    placeholder: "b",
    default: 0.999,
    range: fraction,
    onlyWith: { optimizer: ["adam"] },
  }),
  rmspropDecay: real({
    group: "Optimizer",
    description: "RMSprop's decay rate for the mean of squared gradients",
    placeholder: "d",
    default: 0.99,
    range: fraction,
    onlyWith: { optimizer: ["rmsprop"] },
  }),
  momentum: real({
    group: "Optimizer",
    description: "momentum of SGD",
    placeholder: "m",
    default: 0,
    range: fraction,
    onlyWith: { optimizer: ["sgd"] },
  }),
  weightDecay: real({
    group: "Optimizer",
    description: "decoupled weight decay (AdamW's), on matrices only",
    placeholder: "w",
    default: 0,
    range: { min: 0, max: 1e3 },
  }),
  clipNorm: real({
    group: "Optimizer",
    description: "clip gradients to this global norm; 0 is off",
    placeholder: "norm",
    default: 5,
    range: { min: 0, max: 1e9 },
    onlyWith: { clipValue: [undefined] },
  }),
  clipValue: real({
    group: "Optimizer",
    description: "clip each gradient to +-value instead of by norm",
    placeholder: "value",
    default: undefined,
    range: { above: 0, max: 1e9 },
  }),
  schedule: choice({
    group: "Schedule",
    description: "how the learning rate changes",
    choices: ["constant", "linear", "cosine", "step", "exponential", "plateau"],
    default: "constant",
    changesOnResume: true,
  }),
  minLr: real({
    group: "Schedule",
    description: "lowest learning rate of the schedule",
    placeholder: "rate",
    default: 0,
    range: { ...rate, min: 0 },
    changesOnResume: true,
    onlyWith: { schedule: ["linear", "cosine", "step", "exponential", "plateau"] },
  }),
  warmup: integer({
    group: "Schedule",
    description: "steps over which the learning rate first rises from 0",
    placeholder: "steps",
    default: 0,
    range: { ...count, min: 0 },
  }),
  decay: real({
    group: "Schedule",
    description: "factor by which the step, exponential and plateau schedules lower the rate",
    placeholder: "factor",
    default: 0.5,
    range: { above: 0, max: 1 },
    onlyWith: { schedule: ["step", "exponential", "plateau"] },
  }),
  decayAfter: integer({
    group: "Schedule",
    description: "epochs before step or exponential decay begins",
    placeholder: "epochs",
    default: 10,
    range: { ...count, min: 0 },
    onlyWith: { schedule: ["step", "exponential"] },
  }),
  decayEvery: integer({
    group: "Schedule",
    description: "epochs between decays (plateau: evaluations without a better loss)",
    placeholder: "epochs",
    default: 1,
    range: count,
    onlyWith: { schedule: ["step", "exponential", "plateau"] },
  }),
  unit: choice({
    group: "Text",
    description: "what a symbol is: a code point, a byte, or a word between spaces",
    choices: ["char", "byte", "word"],
    default: "char",
  }),
  encoding: {
    ...text({
      group: "Text",
      description:
        "encoding of the text, by its name in TextDecoder: latin1 (read as windows-1252), utf-16le ...",
      placeholder: "name",
      default: UTF_8,
      tasks: ["language-model"],
    }),
    parse: parseEncoding,
  },
  newlines: choice({
    group: "Text",
    description:
      "line ends of the text, and of all texts that the model reads later: kept, or CRLF and CR read as LF",
    choices: newlineRules,
    default: "keep",
    tasks: ["language-model"],
  }),
  normalize: choice({
    group: "Text",
    description: "Unicode form of the text, and of all texts that the model reads later",
    choices: normalizeRules,
    default: "none",
    tasks: ["language-model"],
  }),
  separator: text({
    group: "Text",
    description: "text between two files (default: nothing)",
    placeholder: "text",
    default: undefined,
    tasks: ["language-model"],
  }),
  minCount: integer({
    group: "Text",
    description: "symbols that occur fewer than n times become one unknown symbol",
    placeholder: "n",
    default: 1,
    range: count,
  }),
  unknown: choice({
    group: "Text",
    description:
      "what to do with characters that the model of --init-from does not know: report an error, leave them out of " +
      "the text, or add them to the vocabulary with new weights from --init and --seed",
    choices: [...unknownRules, "grow"],
    default: "error",
    needs: "initFrom",
  }),
  beginnings: flag({
    group: "Text",
    description: "keep no pieces of the text in checkpoints (a sample without a prime reads one first)",
    default: true,
    changesOnResume: true,
    tasks: ["language-model"],
    onlyWith: { lines: [false], documents: [false] },
  }),
  lines: flag({
    group: "Text",
    description: "each line is an example, learned without the lines before it",
    default: false,
    tasks: ["language-model"],
  }),
  documents: flag({
    group: "Text",
    description: "each file is an example; the model learns to predict its end",
    default: false,
    tasks: ["language-model"],
  }),
  valFrac: real({
    group: "Data",
    description: "part of the data kept for validation",
    placeholder: "fraction",
    default: 0.05,
    range: fraction,
  }),
  testFrac: real({
    group: "Data",
    description: "part of the data kept for testing",
    placeholder: "fraction",
    default: 0.05,
    range: fraction,
  }),
  val: paths({
    group: "Data",
    description: "files of their own to validate on, in place of --val-frac",
    placeholder: "file",
    default: undefined,
  }),
  test: paths({
    group: "Data",
    description: "files of their own to test on, in place of --test-frac",
    placeholder: "file",
    default: undefined,
  }),
  input: text({
    group: "Tables",
    description: "columns that the model reads, by names or numbers, such as word, or 1,2,3, or 1-64",
    placeholder: "columns",
    default: undefined,
    tasks: tableTasks,
  }),
  target: text({
    group: "Tables",
    description: "column that the model predicts",
    placeholder: "column",
    default: undefined,
    tasks: exampleTasks,
  }),
  targetType: choice({
    group: "Tables",
    description: "what the target is",
    choices: ["class", "number"],
    default: "class",
    tasks: answeringTasks,
  }),
  inputTokens: flag({
    group: "Tables",
    description: "split the input at spaces: a symbol is a token, such as a word or a phoneme",
    default: false,
    tasks: sequenceTasks,
  }),
  targetTokens: flag({
    group: "Tables",
    description: "split the target at spaces: into the tokens of a text, or into one tag for each token",
    default: false,
    tasks: ["one-to-many", "many-to-many", "sequence-to-sequence"],
  }),
  inputType: choice({
    group: "Tables",
    description: "what the input columns are (default: number, if all values of a column are numbers)",
    choices: ["label", "number"],
    default: undefined,
    tasks: ["one-to-many"],
  }),
  feedBack: flag({
    group: "Tables",
    description: "read zeros at each step after the first, and not the symbol before",
    default: true,
    tasks: ["one-to-many"],
  }),
  maxOutput: integer({
    group: "Tables",
    description: "end an output after this many symbols (default: twice the longest target)",
    placeholder: "symbols",
    default: undefined,
    range: { min: 1, max: 100_000 },
    tasks: ["sequence-to-sequence"],
  }),
  sequence: text({
    group: "Tables",
    description:
      "column that has the same value in all rows of one example or series; the inputs are numbers",
    placeholder: "column",
    default: undefined,
    tasks: rowTasks,
  }),
  order: text({
    group: "Tables",
    description: "column that puts the rows of a sequence in order",
    placeholder: "column",
    default: undefined,
    tasks: rowTasks,
  }),
  group: text({
    group: "Tables",
    description: "examples that share a value of this column stay in one split",
    placeholder: "column",
    default: undefined,
    tasks: exampleTasks,
  }),
  features: text({
    group: "Tables",
    description: "column of features between semicolons, which the model reads before the input",
    placeholder: "column",
    default: undefined,
    tasks: ["sequence-to-sequence"],
  }),
  format: choice({
    group: "Tables",
    description: "format of the tables (default: by the extension)",
    choices: tableFormats,
    default: undefined,
    tasks: tableTasks,
  }),
  header: flag({
    group: "Tables",
    description: "the first line names the columns, even if options give the columns by number",
    default: false,
    tasks: tableTasks,
  }),
  maxLength: integer({
    group: "Tables",
    description: "most steps of an example",
    placeholder: "steps",
    default: 1000,
    range: { min: 1, max: 100_000 },
    tasks: [...sequenceTasks, "one-to-many"],
  }),
  truncate: flag({
    group: "Tables",
    description: "cut longer examples at their end",
    default: false,
    tasks: [...sequenceTasks, "one-to-many"],
  }),
  classWeights: choice({
    group: "Tables",
    description: "how examples are weighted: all equally, or so that all classes have the same weight",
    choices: ["none", "balanced"],
    default: "none",
    tasks: answeringTasks,
    onlyWith: { targetType: ["class"] },
  }),
  name: text({
    group: "Run and output",
    description: "name of the run (default: made from corpus, cell and size)",
    placeholder: "run",
    default: undefined,
  }),
  out: text({
    group: "Run and output",
    description: "folder that holds the run folders",
    placeholder: "folder",
    default: "checkpoints",
  }),
  logEvery: integer({
    group: "Run and output",
    description: "steps between reports",
    placeholder: "steps",
    default: 10,
    range: count,
    changesOnResume: true,
  }),
  healthEvery: integer({
    group: "Run and output",
    description: "steps between measurements of each parameter's gradient and update; 0 makes none",
    placeholder: "steps",
    default: 0,
    range: { ...count, min: 0 },
    changesOnResume: true,
  }),
  evalEvery: integer({
    group: "Run and output",
    description: "steps between validations (default: a tenth of the run, or an epoch if that is less)",
    placeholder: "steps",
    default: undefined,
    range: count,
    changesOnResume: true,
  }),
  sampleEvery: integer({
    group: "Run and output",
    description: "steps between samples; 0 draws none (default: a tenth of the run)",
    placeholder: "steps",
    default: undefined,
    range: { ...count, min: 0 },
    changesOnResume: true,
  }),
  checkpointEvery: stepsOrTime({
    group: "Run and output",
    description:
      "steps between checkpoints (default: a tenth of the run), or a time between them such as 30s; " +
      "latest.json is also saved every 5 minutes",
    placeholder: "steps",
    default: undefined,
    range: count,
    changesOnResume: true,
  }),
  keep: integer({
    group: "Run and output",
    description: "numbered checkpoints to keep beside latest and best",
    placeholder: "n",
    default: 0,
    range: { ...count, min: 0 },
    changesOnResume: true,
  }),
} satisfies Record<string, OptionDefinition<unknown>>;

type Definitions = typeof optionDefinitions;

/** Every option of a run with its value. If a value is `undefined`, the run chooses it at its start. */
export type TrainOptions = {
  [K in keyof Definitions]: Definitions[K] extends OptionDefinition<infer T> ? T : never;
};

export type OptionName = keyof TrainOptions;

export const optionNames = Object.keys(optionDefinitions) as OptionName[];

/** The flag of an option: `seqLength` is `--seq-length`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
