/**
 * Times an epoch of a classifier over a table, ours and PyTorch's (packed sequences) in turns:
 *
 *     npx tsx test/bench/classes.ts names.tsv 2 1 [threads] [rounds]
 *
 * The numbers after the table are the columns of the input and of the class. Prints seconds an epoch, the median of the
 * rounds, for 1 layer of 128 units in batches of 50.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { train } from "../../src/index.ts";

const [path, input, target, threads = "2", rounds = "3"] = process.argv.slice(2);
const EPOCHS = 2;
const python = process.env.PYTHON ?? "/usr/bin/python3";

const rows = readFileSync(path, "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => line.split("\t"));
const numbered = (values: readonly string[]) =>
  new Map([...new Set(values)].map((value, index) => [value, index]));
const texts = rows.map((row) => Array.from(row[Number(input) - 1]));
const labels = rows.map((row) => row[Number(target) - 1]);
const [symbols, classes] = [numbered(texts.flat()), numbered(labels)];
const lines = texts.map((text, index) =>
  JSON.stringify([text.map((symbol) => symbols.get(symbol)), classes.get(labels[index])]),
);

/** Seconds an epoch of ours, after one epoch of warm-up. */
async function ours(): Promise<number> {
  const out = mkdtempSync(join(tmpdir(), "charrnn-bench-"));
  const options = { task: "many-to-one", input, target, layers: 1, hidden: 128, batchSize: 50 } as const;
  const rest = { valFrac: 0, testFrac: 0, sampleEvery: 0, epochs: EPOCHS + 1, threads: Number(threads), out };
  const perEpoch = Math.ceil(rows.length / options.batchSize);
  let started = 0;
  let seconds = 0;
  for await (const event of train([path], { ...options, ...rest, logEvery: perEpoch })) {
    if (event.event !== "step") continue;
    if (event.step === perEpoch) started = performance.now();
    if (event.step === perEpoch * (EPOCHS + 1)) seconds = (performance.now() - started) / 1000 / EPOCHS;
  }
  rmSync(out, { recursive: true });
  return seconds;
}

function torch(): number {
  const script = join(import.meta.dirname, "classes.py");
  const job = ["lstm", 1, 128, 50, symbols.size, classes.size, threads, EPOCHS].map(String);
  return Number(execFileSync(python, [script, ...job], { input: lines.join("\n"), encoding: "utf8" }));
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

const [mine, theirs]: [number[], number[]] = [[], []];
for (let round = 0; round < Number(rounds); round++) {
  mine.push(await ours());
  theirs.push(torch());
}
const [a, b] = [median(mine), median(theirs)];
console.log(`charrnn ${a.toFixed(2)} s, PyTorch ${b.toFixed(2)} s: ${(b / a).toFixed(2)} times as fast`);
