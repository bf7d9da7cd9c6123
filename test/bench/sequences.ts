/**
 * Times an epoch of writing one text from another, ours and PyTorch's (packed sequences, the same attention) in turns:
 *
 *     npx tsx test/bench/sequences.ts words.tsv [pairs] [threads] [rounds]
 *
 * Each line of the table has an input and, after a tab, the tokens of its output. Prints seconds an epoch, the median of
 * the rounds, for a bidirectional LSTM of 1 layer of 256 units in batches of 50. `pairs`: how many lines to read, spread
 * evenly over the table.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { race } from "./example-race.ts";

const [file, pairs = "2000", threads = "2", rounds = "3"] = process.argv.slice(2);
const all = readFileSync(file, "utf8").trimEnd().split("\n");
const every = Math.max(1, Math.floor(all.length / Number(pairs)));
const chosen = all.filter((_, line) => line % every === 0);
const folder = mkdtempSync(join(tmpdir(), "charrnn-bench-"));
const path = join(folder, "part.tsv");
writeFileSync(path, `${chosen.join("\n")}\n`);

const numbersOf = (sides: readonly (readonly string[])[]) => {
  const numbers = new Map([...new Set(sides.flat())].map((symbol, index) => [symbol, index]));
  return { size: numbers.size, sides: sides.map((side) => side.map((symbol) => numbers.get(symbol))) };
};
const columns = chosen.map((line) => line.split("\t"));
const read = numbersOf(columns.map(([text]) => Array.from(text)));
const written = numbersOf(columns.map(([, tokens]) => tokens.split(" ")));

await race({
  path,
  options: {
    task: "sequence-to-sequence",
    input: "1",
    target: "2",
    targetTokens: true,
    hidden: 256,
    embedding: 64,
    bidirectional: true,
  },
  lines: chosen.map((_, pair) => JSON.stringify([read.sides[pair], written.sides[pair]])),
  script: "sequences.py",
  symbols: read.size,
  classes: written.size,
  threads: Number(threads),
  rounds: Number(rounds),
});
rmSync(folder, { recursive: true });
