/**
 * Times an epoch of a classifier over a table, ours and PyTorch's (packed sequences) in turns:
 *
 *     npx tsx test/bench/classes.ts names.tsv 2 1 [threads] [rounds]
 *
 * The numbers after the table are the columns of the input and of the class. Prints seconds an epoch, the median of the
 * rounds, for 1 layer of 128 units in batches of 50.
 */
import { readFileSync } from "node:fs";
import { race } from "./example-race.ts";

const [path, input, target, threads = "2", rounds = "3"] = process.argv.slice(2);
const rows = readFileSync(path, "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => line.split("\t"));
const numbered = (values: readonly string[]) =>
  new Map([...new Set(values)].map((value, index) => [value, index]));
const texts = rows.map((row) => Array.from(row[Number(input) - 1]));
const labels = rows.map((row) => row[Number(target) - 1]);
const [symbols, classes] = [numbered(texts.flat()), numbered(labels)];

await race({
  path,
  options: { task: "many-to-one", input, target, hidden: 128 },
  lines: texts.map((text, index) =>
    JSON.stringify([text.map((symbol) => symbols.get(symbol)), classes.get(labels[index])]),
  ),
  symbols: symbols.size,
  classes: classes.size,
  threads: Number(threads),
  rounds: Number(rounds),
});
