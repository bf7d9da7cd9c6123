import { type CommandUnknownOpts } from "@commander-js/extra-typings";
import { UsageError } from "../errors.ts";

/**
 * Names that other tools have for an option, separated by spaces, and what to write here: an option of ours, or advice
 * in words.
 */
type Habits = readonly (readonly [names: string, advice: string])[];

const CPU = "charrnn computes on the CPU (--engine, --threads)";
const CHECKPOINT = "the checkpoint is an argument without a flag: charrnn COMMAND CHECKPOINT";
const TEXT = "the text is an argument without a flag: charrnn COMMAND FILE";

/** What the commands have in common. */
const everywhere: Habits = [
  ["gpu gpuid gpu-id gpus cuda opencl gpu-backend device devices no-cuda mps n-gpu-layers ngl accel", CPU],
  ["nthreads n-threads num-threads t workers", "--threads"],
  ["random-seed manual-seed rng-seed", "--seed"],
];

/**
 * Options of char-rnn, torch-rnn, textgenrnn, gpt-2-simple, nanoGPT, PyTorch's examples and llama.cpp, by our commands.
 * The advice is given only if the command has the option.
 */
const habits: Readonly<Record<string, Habits>> = {
  train: [
    [
      "rnn-size hidden-size hidden-dim hidden-units nhid n-hidden num-hidden num-units rnn-units units n-embd",
      "--hidden",
    ],
    ["num-layers nlayers n-layer n-layers rnn-layers num-rnn-layers depth", "--layers"],
    ["model model-type rnn-type cell-type rnn-cell rnn", "--cell"],
    ["wordvec-size emsize embedding-size embedding-dim embed-size embed-dim dim-embeddings", "--embedding"],
    ["learning-rate lrate base-lr", "--lr"],
    ["optim optimizer-type solver", "--optimizer"],
    ["drop dropout-rate drop-prob dropout-prob keep-prob", "--dropout"],
    [
      "seq-len sequence-length bptt block-size context-length unroll num-steps max-seq-length",
      "--seq-length",
    ],
    ["batch batchsize bs minibatch-size", "--batch-size"],
    ["max-epochs num-epochs epoch n-epochs nepochs", "--epochs"],
    ["max-iters iters iterations num-iterations max-steps train-steps n-iters", "--steps"],
    [
      "grad-clip gradient-clip clip clip-grad clipnorm max-grad-norm gradient-clipping max-norm",
      "--clip-norm",
    ],
    ["wd l2 weight-decay-rate", "--weight-decay"],
    ["decay-rate alpha rho", "--rmsprop-decay"],
    ["learning-rate-decay lr-decay lr-decay-factor lr-decay-rate gamma", "--decay"],
    ["learning-rate-decay-after", "--decay-after"],
    ["lr-decay-every lr-decay-epochs", "--decay-every"],
    ["warmup-iters warmup-steps num-warmup-steps", "--warmup"],
    ["lr-schedule scheduler lr-scheduler", "--schedule"],
    ["early-stopping early-stop", "--patience"],
    ["val-split validation-split val-fraction validation-fraction valid-frac dev-frac", "--val-frac"],
    ["test-split test-fraction", "--test-frac"],
    [
      "train-frac train-size train-split",
      "the rest of the text is trained on: give --val-frac and --test-frac",
    ],
    ["valid validation val-file valid-file validation-file dev val-data val-path dev-file", "--val"],
    ["test-file test-data test-path", "--test"],
    ["print-every log-interval report-interval print-freq", "--log-every"],
    ["eval-val-every eval-interval validate-every val-interval eval-iters", "--eval-every"],
    ["save-every save-interval save-freq checkpoint-interval checkpoint-freq", "--checkpoint-every"],
    ["sample-interval gen-epochs generate-every", "--sample-every"],
    ["init-scale init-weight", "--init-range"],
    ["min-freq vocab-min-count min-word-count", "--min-count"],
    ["word-level words", "--unit word"],
    ["byte-level bytes", "--unit byte"],
    ["continue resume-from restore load-checkpoint resume-training", "--resume"],
    ["checkpoint ckpt weights weights-path pretrained restore-from start-from finetune", "--init-from"],
    ["out-dir checkpoint-dir save-dir savedir rnn-dir log-dir output-dir", "--out"],
    ["savefile run-name checkpoint-name model-name save exp-name experiment", "--name"],
    [
      "data-dir data dataset input-txt input-file input-h5 input-json corpus file filename text train-file f",
      TEXT,
    ],
    ["output o", "a run writes a folder: --out names the folder of all runs, --name the run"],
    ["verbose v", "progress is shown without an option, and --quiet turns it off"],
    ["dry-run", "--plan"],
    ["config-file cfg", "--config"],
  ],
  sample: [
    [
      "checkpoint cp model m ckpt weights weights-path model-path model-name run-name load init-from",
      CHECKPOINT,
    ],
    ["primetext prime-text start start-text prompt p prefix starter seed-text", "--prime"],
    ["prompt-file start-file file f primes-file input-file", "--prime-file"],
    ["prompts", "--primes"],
    ["tau t", "--temp"],
    [
      "max-length max-len max-new-tokens max-tokens n-predict num-predict max-gen-length n-chars len n words",
      "--length",
    ],
    ["nsamples n-samples num-samples samples count batch-size num-return-sequences", "--num"],
    ["topk k", "--top-k"],
    ["topp nucleus", "--top-p"],
    ["minp", "--min-p"],
    ["repeat-penalty rep-penalty repetition-pen", "--repetition-penalty"],
    ["reverse-prompt r stop-sequence stop-token stop-string truncate eos", "--stop"],
    ["sample-delim delimiter delim separator", "--num-separator"],
    ["out-file output-file outfile destination-path o", "--output"],
    ["greedy argmax sample no-sample", "--temp 0"],
    ["escape e", "--escapes"],
  ],
  eval: [
    [
      "checkpoint cp model m ckpt weights weights-path model-path model-name run-name load init-from",
      CHECKPOINT,
    ],
    ["data data-dir dataset input-file file f text corpus", TEXT],
    ["output output-file outfile o", "results go to standard output: redirect it with >"],
  ],
  predict: [
    ["checkpoint cp model m ckpt weights model-path load", CHECKPOINT],
    [
      "data input input-file file f",
      "the table is an argument without a flag: charrnn predict CHECKPOINT FILE",
    ],
    ["output output-file outfile o", "results go to standard output: redirect it with >"],
    ["beam-size beam-width num-beams", "--beam"],
    ["topk k n-best nbest", "--top"],
  ],
};

/**
 * Refuses options in the spelling of other tools: `-batch_size`, `--batch_size`, `--rnn-size`.
 * @throws UsageError that names our option
 */
export function refuseHabits(args: readonly string[], command: CommandUnknownOpts): void {
  for (let i = 0; i < args.length && args[i] !== "--"; i++) {
    const match = /^-{1,2}([a-z][\w-]*)/i.exec(args[i]);
    if (match === null) continue;
    const [flag, name] = match;
    const own = optionOf(command, flag);
    if (own !== undefined) {
      // The next word is the value, whatever it looks like.
      if (own.required && !args[i].includes("=")) i++;
      continue;
    }
    if (isHelp(flag)) continue;
    const advice = adviceOn(name, command);
    if (advice !== undefined)
      throw new UsageError(`${flag} is no option of charrnn ${command.name()}: ${advice}`);
  }
}

function optionOf(command: CommandUnknownOpts, flag: string) {
  return command.options.find(({ short, long }) => flag === short || flag === long);
}

function isHelp(flag: string): boolean {
  return flag === "-h" || flag === "--help";
}

function adviceOn(name: string, command: CommandUnknownOpts): string | undefined {
  const plain = name
    .replace(/[A-Z]/g, (letter) => `-${letter}`)
    .replaceAll("_", "-")
    .toLowerCase();
  const hasOption = (flag: string) => optionOf(command, flag) !== undefined;
  // Our own option with another spelling.
  if (hasOption(`--${plain}`)) return `write --${plain}`;
  const found = [...(habits[command.name()] ?? []), ...everywhere].find(
    ([names, advice]) =>
      names.split(" ").includes(plain) && (!advice.startsWith("--") || hasOption(advice.split(" ")[0])),
  );
  if (found === undefined) return undefined;
  const advice = found[1].replace("COMMAND", command.name());
  return advice.startsWith("--") ? `write ${advice}` : advice;
}
