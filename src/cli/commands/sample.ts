import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
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
import { fileError } from "../../file-error.ts";
import { type Checkpoint } from "../../checkpoint/format.ts";
import { readCheckpoint } from "../../checkpoint/read.ts";
import { resolveCheckpoint } from "../../checkpoint/find-run.ts";
import { CharrnnError } from "../../errors.ts";
import { readPrime, type PrimeOptions } from "../../sampling/prime.ts";
import { type SamplePiece } from "../../sampling/sample.ts";
import { loadTask, taskNameOf } from "../../tasks/index.ts";
import { type Task } from "../../tasks/task.ts";
import { UTF_8 } from "../../text/encoding.ts";
import { describeCounts } from "../../text/place.ts";
import { sourceName } from "../../text/sources.ts";
import { vocabularyOf, type TextVocabulary } from "../../text/text-vocabulary.ts";
import { TokenVocabulary } from "../../text/token-vocabulary.ts";
import { codePointsOf } from "../../text/vocabulary.ts";
import { shippedCheckpoint } from "../package.ts";
import { printable } from "../terminal/format.ts";
import { write, type Terminal } from "../terminal/terminal.ts";

function declare() {
  return new Command("sample")
    .argument("[checkpoint]", checkpointHelp)
    .option(
      "--temperature, --temp <t>",
      "below 1 safer, above 1 more random, 0 greedy (default: 1)",
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
        "file with the text that the sample continues; a byte model takes its bytes",
      ).conflicts("prime"),
    )
    .addOption(runOption("encoding", "encoding of --prime-file, as TextDecoder names it"))
    .option("--seed <n>", "seed (default: a random one, shown on standard error)", wholeNumberOf("--seed", 0))
    .option("--num <n>", "samples to draw (default: 1, or 5 for each label)", wholeNumberOf("--num", 1))
    .option(
      "--label <label>",
      "write from this label; from <column>=<label> if several columns have labels (may be repeated)",
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
    .option("--stop <text>", "end a sample after this text (a byte model compares its bytes in UTF-8)")
    .addOption(unknownOption())
    .addOption(clampOption())
    .addOption(readOutOption())
    .addOption(runOption("threads", "threads (default: more for a larger model)"))
    .addOption(runOption("engine"))
    .option("--json", "print one JSON object for each sample; that of a byte model has its bytes in base64")
    .addHelpText(
      "after",
      "\nA byte model writes its bytes to a file or a pipe as they are, after those of the prime. A terminal and\n" +
        "`text` in --json show them as UTF-8, with U+FFFD for bytes that are not. `bytes` in --json keeps several\n" +
        "samples apart, which a line of ten hyphens separates otherwise.\n" +
        "\nA model of --lines starts each line anew. A model of --documents ends a sample with its document.",
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

/** `charrnn sample`: draws text from a checkpoint, and writes it to standard output as it is drawn. */
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
  await writeSamples(
    sample,
    { checkpoint, unnamedPath: reference === undefined ? path : undefined },
    flags,
    terminal,
  );
}

/** Writes the samples that `draw` draws. Tests pass another `draw`, and need no model. */
export async function writeSamples(
  draw: Sample,
  {
    checkpoint,
    unnamedPath,
  }: {
    checkpoint: Checkpoint;
    /** The checkpoint's file, if the user named none. */ unnamedPath?: string | undefined;
  },
  flags: SampleFlags,
  terminal: Terminal,
): Promise<void> {
  const { seed = randomInt(2 ** 32) } = flags;
  const prime = flags.primeFile === undefined ? flags.prime : await bytesOf(flags.primeFile, terminal.stdin);
  const primeSource = flags.primeFile === undefined ? "the prime" : sourceName(flags.primeFile);
  const vocabulary = vocabularyOf(checkpoint.vocabulary);
  const model = unnamedPath === undefined ? "" : `model ${unnamedPath}\n`;
  const primed = { prime, primeSource, encoding: flags.encoding };
  const heading = `${model}${unknownLine(vocabulary, primed)}`;
  const pieces = draw(checkpoint, {
    ...primed,
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
    stop: flags.stop,
    unknown: flags.unknown,
    threads: flags.threads,
    engine: flags.engine,
    seed,
  });
  if (flags.json) {
    const begun = readPrime(vocabulary, primed, flags.unknown);
    await writeJson(pieces, terminal, { seed, prime: begun.text }, heading);
  } else {
    await writeText(pieces, terminal, flags.seed === undefined ? `${heading}seed ${seed}\n` : heading);
  }
}

/** A line about the characters of a prime that the model does not know: they are skipped, or read as the unknown symbol. */
function unknownLine(
  vocabulary: TextVocabulary,
  { prime = "", primeSource: source, encoding }: PrimeOptions,
): string {
  const described = describeOutside(vocabulary, { prime, source, encoding });
  if (described === "") return "";
  const action = vocabulary.unknown === undefined ? "skipped in" : "read as the unknown symbol in";
  return `${action} ${source}: ${described}\n`;
}

/** Names the characters or tokens of a prime that the model does not know. Empty if there are none. */
function describeOutside(
  vocabulary: TextVocabulary,
  {
    prime,
    source = "the prime",
    encoding,
  }: { prime: string | Uint8Array; source?: string | undefined; encoding?: string | undefined },
): string {
  if (!(vocabulary instanceof TokenVocabulary)) {
    return describeCounts(vocabulary.unit, vocabulary.outsideIn(prime, source, encoding));
  }
  const counts = vocabulary.outsideIn(codePointsOf(prime, source, encoding ?? UTF_8));
  return [...counts.keys()].map((token) => JSON.stringify(token)).join(", ");
}

/**
 * Characters drawn within this time are written together, and look as if they came at once. To write each character
 * alone would take longer than to draw it.
 */
const MILLISECONDS_PER_WRITE = 8;

/**
 * Writes text as it is drawn. A file or a pipe gets the bytes of a byte model as they are. `heading` goes to standard
 * error, just before the first text.
 */
async function writeText(
  pieces: AsyncIterable<SamplePiece>,
  { stdout, stderr, now }: Terminal,
  heading: string,
): Promise<void> {
  const shown = ({ text, bytes }: SamplePiece) => {
    if (stdout.isTTY) return Buffer.from(printable(text));
    return bytes ?? Buffer.from(text);
  };
  let index = 0;
  let last = "";
  let pending: Uint8Array[] = [];
  let writtenAt = -Infinity;
  for await (const piece of pieces) {
    if (writtenAt === -Infinity) stderr.write(heading);
    if (piece.index > index) pending.push(Buffer.from(`${last === "\n" ? "" : "\n"}${SEPARATOR}\n`));
    index = piece.index;
    pending.push(shown(piece));
    last = piece.text.at(-1) ?? last;
    if (now() - writtenAt < MILLISECONDS_PER_WRITE) continue;
    await write(stdout, Buffer.concat(pending));
    pending = [];
    writtenAt = now();
  }
  if (stdout.isTTY && last !== "\n") pending.push(Buffer.from("\n"));
  await write(stdout, Buffer.concat(pending));
}

/** Writes one object for each sample. Its text begins with the prime, as do its bytes. */
async function writeJson(
  pieces: AsyncIterable<SamplePiece>,
  { stdout, stderr }: Terminal,
  common: { seed: number; prime: string },
  heading: string,
): Promise<void> {
  let text = "";
  // One character for each byte. A list of arrays of one byte each would be large.
  let spelled = "";
  for await (const { index, text: piece, bytes, stopped, conditions } of pieces) {
    text += piece;
    if (bytes) spelled += Buffer.from(bytes).toString("latin1");
    if (stopped === undefined) continue;
    if (index === 0) stderr.write(heading);
    await write(
      stdout,
      `${JSON.stringify({ index, ...common, conditions, text, bytes: bytes && base64Of(spelled), stopped })}\n`,
    );
    text = "";
    spelled = "";
  }
}

function base64Of(spelledBytes: string): string {
  return Buffer.from(spelledBytes, "latin1").toString("base64");
}

async function bytesOf(file: string, stdin: Readable): Promise<Uint8Array> {
  try {
    return file === "-" ? await buffer(stdin) : readFileSync(file);
  } catch (thrown) {
    throw fileError("read", file, thrown);
  }
}
