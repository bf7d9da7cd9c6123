import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { type Checkpoint, type Tree } from "../../checkpoint/format.ts";
import { readCheckpoint } from "../../checkpoint/read.ts";
import { resolveCheckpoint } from "../../checkpoint/find-run.ts";
import { CharrnnError, messageOf } from "../../errors.ts";
import { countSymbols } from "../../evaluation/symbol-counts.ts";
import { isOfTask, LANGUAGE_MODEL } from "../../tasks/index.ts";
import { nameOf } from "../../text/place.ts";
import { corpusFolderOf } from "../model-files.ts";
import { shippedCheckpoint } from "../package.ts";
import { checkpointHelp, readOutOption } from "../shared-options.ts";
import { formatCount } from "../terminal/format.ts";
import { table } from "../terminal/table.ts";
import { columnsOf, write, type Terminal } from "../terminal/terminal.ts";

function declare() {
  return new Command("vocab")
    .argument("[checkpoint]", checkpointHelp)
    .addOption(readOutOption())
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      "\nCounts are those of the training text, with what is kept for validation and testing. If it is gone, or\n" +
        "the model learned from a table, the symbols are listed without counts.",
    );
}

/** The options of `charrnn vocab` as the command line gives them. */
export type VocabFlags = ReturnType<ReturnType<typeof declare>["opts"]>;

export function vocabCommand(terminal: Terminal): CommandUnknownOpts {
  return declare().action((checkpoint, flags) => listVocabulary(checkpoint, flags, terminal));
}

/** `charrnn vocab`: lists the symbols that a model knows, and how often each one occurs in its text. */
export async function listVocabulary(
  reference: string | undefined,
  flags: VocabFlags,
  terminal: Terminal,
): Promise<void> {
  const path = resolveCheckpoint(reference, flags.out, shippedCheckpoint);
  const checkpoint = readCheckpoint(path);
  const { unit, symbols, ...form } = checkpoint.vocabulary;
  const counts = await countsOf(checkpoint, corpusFolderOf(path), (reason) => {
    terminal.stderr.write(`no counts: ${reason}\n`);
  });
  const known = symbols.map((symbol, index) => ({ index, symbol, ...(counts && { count: counts[index] }) }));
  const labels = labelsOf(checkpoint);
  if (flags.json) {
    await write(
      terminal.stdout,
      `${JSON.stringify({ checkpoint: path, unit, ...form, symbols: known, ...labels })}\n`,
    );
    return;
  }
  const rows = known.map(({ index, symbol, count }) => [
    String(index),
    inWords(symbol, unit),
    ...(count === undefined ? [] : [formatCount(count)]),
  ]);
  const header = ["index", unit === "token" ? "token" : "symbol", ...(counts ? ["count"] : [])];
  const lists = Object.entries(labels).map(([name, list]) => `${name}: ${list.join(", ")}\n`);
  await write(
    terminal.stdout,
    `${rows.length === 0 ? "" : `${table([header, ...rows], { right: [0, 2], width: columnsOf(terminal.stdout) }).join("\n")}\n`}${lists.join("")}`,
  );
}

/** The counts of a language model's symbols; undefined if there are none, for a reason that is told. */
async function countsOf(
  checkpoint: Checkpoint,
  corpusFolder: string | undefined,
  tell: (reason: string) => void,
): Promise<Float64Array | undefined> {
  if (!isOfTask(checkpoint, LANGUAGE_MODEL)) {
    tell("the model learned from a table");
    return undefined;
  }
  try {
    return await countSymbols(checkpoint, corpusFolder);
  } catch (thrown) {
    if (!(thrown instanceof CharrnnError)) throw thrown;
    tell(messageOf(thrown));
    return undefined;
  }
}

function inWords(symbol: string | number | null, unit: Checkpoint["vocabulary"]["unit"]): string {
  if (symbol === null) return "(unknown)";
  if (typeof symbol === "number") return nameOf("byte", symbol);
  return unit === "token" ? JSON.stringify(symbol) : nameOf("char", symbol.codePointAt(0) ?? 0);
}

/** The lists of texts in the task: its labels and tags, for example. */
function labelsOf({
  task = { name: "", inputs: 0, outputs: 0 },
}: Checkpoint): Record<string, readonly string[]> {
  const isList = (value: Tree | undefined): value is readonly string[] =>
    Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string");
  return Object.fromEntries(
    Object.entries(task).flatMap(([name, value]) => (isList(value) ? [[name, value]] : [])),
  );
}
