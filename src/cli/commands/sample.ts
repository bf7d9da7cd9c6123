import { randomInt } from "node:crypto";
import { Command, Option, type CommandUnknownOpts } from "@commander-js/extra-typings";
import {
  checkpointHelp,
  clampOption,
  numberOf,
  numbersOf,
  readOutOption,
  runOption,
  unknownOption,
  wholeNumberOf,
} from "../shared-options.ts";
import { type Checkpoint } from "../../checkpoint/format.ts";
import { readCheckpoint } from "../../checkpoint/read.ts";
import { resolveCheckpoint } from "../../checkpoint/find-run.ts";
import { CharrnnError, UsageError } from "../../errors.ts";
import { readTrainingText, requireComparable } from "../../evaluation/novelty.ts";
import { lineEndOf } from "../../sampling/line-end.ts";
import { readPrime, type Prime } from "../../sampling/prime.ts";
import { LANGUAGE_MODEL, loadTask, taskNameOf } from "../../tasks/index.ts";
import { type Task } from "../../tasks/task.ts";
import { unescape } from "../../text/escapes.ts";
import { vocabularyOf, type TextVocabulary } from "../../text/text-vocabulary.ts";
import { TokenVocabulary } from "../../text/token-vocabulary.ts";
import { describeNovelties } from "../display/novelty-lines.ts";
import { corpusFolderOf, filesOf } from "../model-files.ts";
import { OutputFile } from "../output-file.ts";
import { shippedCheckpoint } from "../package.ts";
import { readPrimes, unescaped, unknownLines } from "../primes.ts";
import { keeping, writeJson, writeText, type SampleOutput, type WholeSample } from "../sample-writer.ts";
import { write, type Terminal } from "../terminal/terminal.ts";

function declare() {
  return new Command("sample")
    .argument("[checkpoint]", checkpointHelp)
    .option(
      "--temperature, --temp <t>",
      "under 1 safer, over 1 wilder, 0 greedy (default: 1)",
      numberOf("--temp"),
    )
    .option(
      "--length <n>",
      "characters to draw (a model of words: words and line ends)",
      wholeNumberOf("--length", 1),
      2000,
    )
    .option("--prime <text>", "text that the sample continues")
    .addOption(
      new Option(
        "--prime-file <file>",
        "file with the text that the sample continues; a byte model reads its raw bytes",
      ).conflicts("prime"),
    )
    .addOption(
      new Option(
        "--primes <file>",
        "file with a prime in each line: draw a sample (or --num) for each",
      ).conflicts(["prime", "primeFile"]),
    )
    .addOption(runOption("encoding", "encoding of --prime-file and --primes, as TextDecoder names it"))
    .option("--seed <n>", "seed (default: a random one, shown on standard error)", wholeNumberOf("--seed", 0))
    .option("--num <n>", "samples to draw (default: 1, or 5 for each label)", wholeNumberOf("--num", 1))
    .option(
      "--label <label>",
      "label to write from, or <column>=<label> if several columns have labels (may be repeated)",
      (label: string, before: string[] | undefined) => [...(before ?? []), label],
    )
    .option("--values <numbers>", "write from these numbers, separated by commas", numbersOf("--values"))
    .option("--top-k <n>", "draw from the n likeliest characters", wholeNumberOf("--top-k", 1))
    .option("--top-p <p>", "draw from the likeliest characters of total probability p", numberOf("--top-p"))
    .option(
      "--min-p <p>",
      "draw from characters at least p times as likely as the likeliest",
      numberOf("--min-p"),
    )
    .option(
      "--repetition-penalty <f>",
      "above 1, each of the last 64 characters becomes less likely",
      numberOf("--repetition-penalty"),
    )
    .option(
      "--stop <text>",
      "end a sample after this text (a byte model compares the UTF-8 bytes of the text)",
    )
    .option("--stop-line", "end a sample after its first line")
    .option(
      "--escapes",
      "read \\n, \\r, \\t, \\\\, \\xNN and \\u{...} in --prime, --primes, --stop and --num-separator",
    )
    .option("--output <file>", "write to this file instead of standard output")
    .option(
      "--num-separator <text>",
      "line between two samples; an empty one leaves out the line (default: ten hyphens)",
    )
    .option("--novelty", "tell how much of each sample stands in the training text")
    .addOption(unknownOption())
    .addOption(clampOption())
    .addOption(readOutOption())
    .addOption(runOption("threads", "threads (default: more for a larger model)"))
    .addOption(runOption("engine"))
    .option("--json", "print one JSON object for each sample; a byte model's objects have base64 bytes")
    .addHelpText(
      "after",
      "\nA byte model writes raw bytes to a file or a pipe, first those of the prime. A terminal and\n" +
        "`text` in --json show the bytes as UTF-8, with U+FFFD for invalid ones. A line of ten hyphens\n" +
        "separates samples. If a sample may contain such a line, use `bytes` in --json.\n" +
        "\nA model of --lines starts each line from the zero state. A model of --documents ends a sample with its document.\n" +
        "\nIf the lines of a model end with CRLF, \\n of --escapes and a line end in --stop mean CRLF.\n" +
        "\n--novelty compares each sample, without its prime, with the training text. It finds the longest stretch\n" +
        "that both have, and the share of the sample's stretches of 5, 10 and 20 characters that the training\n" +
        "text has. Both go to standard error, or to `novelty` in --json.",
    );
}

/** The options of `charrnn sample` as the command line gives them. */
export type SampleFlags = ReturnType<ReturnType<typeof declare>["opts"]>;

export function sampleCommand(terminal: Terminal): CommandUnknownOpts {
  return declare().action((checkpoint, flags) => sample(checkpoint, flags, terminal));
}

/** A task's function that draws samples. */
export type Sample = NonNullable<Task["sample"]>;

const SEPARATOR = "-".repeat(10);

/** `charrnn sample`: draws text from a checkpoint, and writes the text to standard output while it is drawn. */
export async function sample(
  reference: string | undefined,
  flags: SampleFlags,
  terminal: Terminal,
): Promise<void> {
  const path = resolveCheckpoint(reference, flags.out, shippedCheckpoint);
  const checkpoint = readCheckpoint(path);
  const task = taskNameOf(checkpoint);
  const { sample } = await loadTask(task);
  if (sample === undefined)
    throw new CharrnnError(
      `${path} is a model for ${task}, which cannot draw samples: try \`charrnn predict\``,
    );
  if (flags.novelty && task !== LANGUAGE_MODEL)
    throw new UsageError(
      `--novelty is for language models, and this is a model for ${task}: leave out --novelty`,
    );
  const corpusFolder = corpusFolderOf(path);
  const kept = [flags.primeFile, flags.primes].filter((file) => file !== undefined);
  const files = [...filesOf({ path, checkpoint }, corpusFolder), ...kept];
  const output =
    flags.output === undefined || flags.output === "-"
      ? undefined
      : new OutputFile(flags.output, "--output", files);
  try {
    await writeSamples(
      sample,
      { checkpoint, unnamedPath: reference === undefined ? path : undefined, corpusFolder },
      flags,
      terminal,
      output,
    );
  } finally {
    output?.close();
  }
}

/** The checkpoint to sample from. */
export interface SampledModel {
  readonly checkpoint: Checkpoint;
  /** The checkpoint's file, if the user named none. */
  readonly unnamedPath?: string | undefined;
  /** Where the relative paths of the training text start. */
  readonly corpusFolder?: string | undefined;
}

/** Writes the samples that `draw` draws, to `file` or to standard output. Tests pass another `draw`, and need no model. */
export async function writeSamples(
  draw: Sample,
  { checkpoint, unnamedPath, corpusFolder }: SampledModel,
  flags: SampleFlags,
  terminal: Terminal,
  file?: Pick<OutputFile, "write">,
): Promise<void> {
  // If nothing is drawn by chance, the seed only chooses a beginning.
  const { seed = flags.temp === 0 ? 1 : randomInt(2 ** 32) } = flags;
  const vocabulary = vocabularyOf(checkpoint.vocabulary);
  const model = { isOfBytes: isOfBytes(vocabulary), lineEnd: lineEndOf(checkpoint, vocabulary) };
  const primes = await readPrimes(flags, model, terminal.stdin);
  const primeOf = (index: number) => {
    const prime = primes[primes.length === 1 ? 0 : Math.floor(index / (flags.num ?? 1))];
    return readPrime(vocabulary, prime, flags.unknown);
  };
  const { numSeparator = SEPARATOR } = flags;
  const separator = flags.escapes ? unescape(numSeparator, { source: "--num-separator" }) : numSeparator;
  const noveltyOf = flags.novelty
    ? await openNovelty(checkpoint, flags, primeOf, { primes: primes.length, corpusFolder })
    : undefined;
  const pieces = draw(checkpoint, {
    ...(flags.primes === undefined ? primes[0] : { primes }),
    temperature: flags.temp,
    topK: flags.topK,
    topP: flags.topP,
    minP: flags.minP,
    repetitionPenalty: flags.repetitionPenalty,
    length: flags.length,
    ...(flags.num !== undefined && { num: flags.num }),
    labels: flags.label,
    values: flags.values,
    clamps: flags.clamp,
    stop: flags.stop !== undefined && flags.escapes ? unescaped(flags.stop, "--stop", model) : flags.stop,
    stopLine: flags.stopLine,
    unknown: flags.unknown,
    threads: flags.threads,
    engine: flags.engine,
    seed,
  });
  const modelLine = unnamedPath === undefined ? "" : `model ${unnamedPath}\n`;
  const seedLine = flags.json || flags.seed !== undefined || flags.temp === 0 ? "" : `seed ${seed}\n`;
  const output: SampleOutput = {
    write: async (data) => {
      if (file === undefined) await write(terminal.stdout, data);
      else file.write(data);
    },
    isTTY: file === undefined && terminal.stdout.isTTY === true,
    heading: `${modelLine}${unknownLines(vocabulary, primes)}${seedLine}`,
    stderr: terminal.stderr,
    now: terminal.now,
  };
  if (flags.json) {
    await writeJson(pieces, output, { seed, primeOf: (index) => primeOf(index).text }, noveltyOf);
    return;
  }
  const samples: WholeSample[] = [];
  await writeText(noveltyOf === undefined ? pieces : keeping(pieces, samples), output, separator);
  if (noveltyOf !== undefined) terminal.stderr.write(describeNovelties(noveltyOf(samples)));
}

/** Reads the training text, with which samples are compared without their primes. */
async function openNovelty(
  checkpoint: Checkpoint,
  { num = 1, length }: SampleFlags,
  primeOf: (index: number) => Prime,
  { primes, corpusFolder }: { primes: number; corpusFolder: string | undefined },
) {
  requireComparable(primes * num, length);
  const training = await readTrainingText(checkpoint, corpusFolder);
  const drawnOf = ({ index, text, bytes }: WholeSample) => {
    const prime = primeOf(index);
    return bytes?.subarray(prime.bytes?.length ?? 0) ?? text.slice(prime.text.length);
  };
  return (samples: readonly WholeSample[]) => training.noveltyOf(samples.map(drawnOf));
}

function isOfBytes(vocabulary: TextVocabulary): boolean {
  return !(vocabulary instanceof TokenVocabulary) && vocabulary.unit === "byte";
}
