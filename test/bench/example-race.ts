import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { train, type TrainOptions } from "../../src/index.ts";

/** A table to learn, and the same examples as PyTorch's script reads them. */
export interface ExampleRace {
  readonly path: string;
  readonly options: Partial<TrainOptions> & { readonly hidden: number; readonly bidirectional?: boolean };
  readonly lines: readonly string[];
  /** PyTorch's script in this folder (default classes.py). */
  readonly script?: string;
  /** How many symbols the network reads, and how many classes or symbols it predicts. */
  readonly symbols: number;
  readonly classes: number;
  readonly threads: number;
  readonly rounds: number;
}

const EPOCHS = 2;
const BATCH_SIZE = 50;
const python = process.env.PYTHON ?? "/usr/bin/python3";

/** Times epochs of one layer, ours and PyTorch's (packed sequences) in turns, and prints the medians of the rounds. */
export async function race(examples: ExampleRace): Promise<void> {
  const [mine, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < examples.rounds; round++) {
    mine.push(await ours(examples));
    theirs.push(torch(examples));
  }
  const [a, b] = [median(mine), median(theirs)];
  console.log(
    `charrnn ${a.toFixed(2)} s, PyTorch ${b.toFixed(2)} s an epoch: ${(b / a).toFixed(2)} times as fast`,
  );
}

/** Seconds an epoch of ours, after one epoch of warm-up. */
async function ours({ path, options, threads }: ExampleRace): Promise<number> {
  const out = mkdtempSync(join(tmpdir(), "charrnn-bench-"));
  const rest = { valFrac: 0, testFrac: 0, sampleEvery: 0, epochs: EPOCHS + 1, threads, out, logEvery: 1 };
  let stepsPerEpoch = 0;
  let started = 0;
  let seconds = 0;
  for await (const event of train([path], { layers: 1, batchSize: BATCH_SIZE, ...options, ...rest })) {
    if (event.event === "start") stepsPerEpoch = event.stepsPerEpoch;
    if (event.event !== "step") continue;
    if (event.step === stepsPerEpoch) started = performance.now();
    if (event.step === stepsPerEpoch * (EPOCHS + 1)) seconds = (performance.now() - started) / 1000 / EPOCHS;
  }
  rmSync(out, { recursive: true });
  return seconds;
}

function torch(examples: ExampleRace): number {
  const { options, lines, symbols, classes, threads, script = "classes.py" } = examples;
  const directions = options.bidirectional ? 2 : 1;
  const sizes = [1, options.hidden, BATCH_SIZE, symbols, classes, threads, EPOCHS, directions];
  return Number(
    execFileSync(python, [join(import.meta.dirname, script), "lstm", ...sizes.map(String)], {
      input: lines.join("\n"),
      encoding: "utf8",
    }),
  );
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
