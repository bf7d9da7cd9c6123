import { Command, Option, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { parseNumber } from "../../arguments.ts";
import { sizeOf, wholeNumberOf } from "../shared-options.ts";
import { UsageError } from "../../errors.ts";
import { readCorpus, type Corpus } from "../../text/corpus.ts";
import { generate, grammars, score } from "../../text/grammar/index.ts";
import { DEFAULT_LAG, generateRecall, LONGEST_LAG, scoreRecall } from "../../text/grammar/recall.ts";
import { split, type SplitName } from "../../text/splits.ts";
import { generatedTables, generateTable } from "../../text/tables/generated/index.ts";
import { optionDefinitions } from "../../training/options.ts";
import { formatCount } from "../terminal/format.ts";
import { table } from "../terminal/table.ts";
import { write, type Terminal } from "../terminal/terminal.ts";

/** The size of a text without a --size. */
const DEFAULT_SIZE = 1e6;

/** The memory task. Unlike a grammar's text, its text depends on an option. */
const RECALL = "recall";
const textNames = [...Object.keys(grammars), RECALL];
const tableNames = Object.keys(generatedTables);

function declare() {
  return new Command("corpus")
    .argument("<grammar>", `a text (${textNames.join(", ")}) or a table (${tableNames.join(", ")})`)
    .addOption(new Option("--size <size>", "characters of a text (default: 1MB)").argParser(sizeOf("--size")))
    .option(
      "--length <n>",
      "examples of a table (default: as many as in corpora/), or characters of a text, as --size",
      wholeNumberOf("--length", 1),
    )
    .option(
      "--lag <n>",
      `of recall: how many characters before the letter to recall stands (default: ${DEFAULT_LAG})`,
      (text) => parseNumber(text, "--lag", { min: 1, max: LONGEST_LAG }, true),
    )
    .option("--seed <n>", "seed", wholeNumberOf("--seed", 0), 1)
    .option(
      "--floor <file>",
      "print the lowest possible loss on this text of the grammar (- for standard input)",
    )
    .option("--json", "with --floor: print one JSON object");
}

/** The options of `charrnn corpus` as the command line gives them. */
export type CorpusFlags = ReturnType<ReturnType<typeof declare>["opts"]>;

export function corpusCommand(terminal: Terminal): CommandUnknownOpts {
  return declare().action((grammar, flags) => corpus(grammar, flags, terminal));
}

/** Characters written or scored at once. With pieces of this length, the system calls cost next to nothing. */
const PIECE_LENGTH = 2 ** 16;

/**
 * `charrnn corpus`: writes text of a grammar or a generated table to standard output, or prints the lowest possible
 * loss on a text.
 */
export async function corpus(name: string, flags: CorpusFlags, terminal: Terminal): Promise<void> {
  if (flags.lag !== undefined && name !== RECALL) {
    throw new UsageError(`--lag is for recall, and this is ${name}: leave out --lag`);
  }
  if (Object.hasOwn(generatedTables, name)) {
    refuseFlagsOfTexts(name, flags);
    const table = generatedTables[name];
    await writePieces(generateTable(table, flags.length ?? table.length, flags.seed), terminal);
    return;
  }
  const generated = generatedText(name, flags.lag);
  if (generated === undefined) {
    throw new UsageError(
      `there is no grammar or table ${name}: choose one of ${textNames.concat(tableNames).join(", ")}`,
    );
  }
  if (flags.length !== undefined && flags.size !== undefined) {
    throw new UsageError("--length and --size both say how long the text is: leave out one of them");
  }
  if (flags.floor !== undefined) {
    const read = await readCorpus([flags.floor], { unit: "char", stdin: terminal.stdin });
    for (const note of read.notes) terminal.stderr.write(`${note}\n`);
    const floors = floorsOf(generated.score, read);
    const text = flags.json ? `${JSON.stringify(floors)}\n` : describeFloors(floors);
    await write(terminal.stdout, text);
    return;
  }
  if (flags.json) throw new UsageError("--json needs --floor: a corpus is written as plain text");
  await writePieces(generated.generate(flags.size ?? flags.length ?? DEFAULT_SIZE, flags.seed), terminal);
}

/** A text of known probability: how it is drawn, and -log2 of the probability of each of its characters. */
interface GeneratedText {
  readonly generate: (size: number, seed: number) => Iterable<string>;
  readonly score: (text: Iterable<string>) => Float64Array;
}

function generatedText(name: string, lag = DEFAULT_LAG): GeneratedText | undefined {
  if (name === RECALL) {
    return {
      generate: (size, seed) => generateRecall(lag, size, seed),
      score: (text) => scoreRecall(lag, text),
    };
  }
  if (!Object.hasOwn(grammars, name)) return undefined;
  const grammar = grammars[name];
  return {
    generate: (size, seed) => generate(grammar, size, seed),
    score: (text) => score(grammar, text),
  };
}

function refuseFlagsOfTexts(name: string, { size, floor, json }: CorpusFlags): void {
  if (size !== undefined) throw new UsageError(`--size is for texts, and ${name} is a table: give --length`);
  if (floor !== undefined) {
    throw new UsageError(
      `--floor is for texts, and ${name} is a table: corpora/README.md states its best score`,
    );
  }
  if (json) throw new UsageError("--json needs --floor: a table is written as it is");
}

async function writePieces(pieces: Iterable<string>, terminal: Terminal): Promise<void> {
  let pending = "";
  for (const piece of pieces) {
    pending += piece;
    if (pending.length < PIECE_LENGTH) continue;
    await write(terminal.stdout, pending);
    pending = "";
  }
  await write(terminal.stdout, pending);
}

type Part = "whole" | SplitName;

/** For each part of a text: its number of characters, and its floor in bits per character (null for an empty part). */
export type Floors = Record<Part, { characters: number; bitsPerCharacter: number | null }>;

/**
 * The floors (lowest possible losses) of a generated text: of the whole text and of its default splits. A floor is the
 * mean of -log2 p(character | all characters before it), which `score` computes.
 */
export function floorsOf(
  score: GeneratedText["score"],
  corpus: Pick<Corpus, "symbols" | "vocabulary">,
): Floors {
  const bits = score(textOf(corpus));
  const { train, val } = split(
    corpus.symbols,
    optionDefinitions.valFrac.default,
    optionDefinitions.testFrac.default,
  );
  const valStart = train.length;
  const testStart = valStart + val.length;
  const floorOf = (start: number, end: number) => {
    const total = bits.subarray(start, end).reduce((sum, value) => sum + value, 0);
    return { characters: end - start, bitsPerCharacter: end > start ? total / (end - start) : null };
  };
  return {
    whole: floorOf(0, bits.length),
    train: floorOf(0, valStart),
    val: floorOf(valStart, testStart),
    test: floorOf(testStart, bits.length),
  };
}

/** The text of a corpus in pieces, because one string holds at most 512 million characters. */
function* textOf({ symbols, vocabulary }: Pick<Corpus, "symbols" | "vocabulary">): Generator<string> {
  for (let start = 0; start < symbols.length; start += PIECE_LENGTH) {
    const end = Math.min(start + PIECE_LENGTH, symbols.length);
    const piece = new Int32Array(end - start);
    symbols.copyTo(piece, 0, start, end);
    yield vocabulary.decode(piece);
  }
}

function describeFloors(floors: Floors): string {
  const rows = Object.entries(floors).map(([part, { characters, bitsPerCharacter }]) => [
    part,
    formatCount(characters),
    bitsPerCharacter?.toFixed(4) ?? "-",
  ]);
  const header = ["part", "characters", "bits per character"];
  return `${table([header, ...rows], { right: [1, 2] }).join("\n")}\n`;
}
