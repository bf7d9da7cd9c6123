import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Checkpoint, type Tree, isNamedArray, isRecord } from "../../src/checkpoint/format.ts";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { Random } from "../../src/random.ts";
import { type TrainingEvent } from "../../src/training/events.ts";
import { type TrainOptions } from "../../src/training/options.ts";
import { type TrainControl } from "../../src/training/prepare.ts";
import { resume } from "../../src/training/resume.ts";
import { train } from "../../src/training/train.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";

const words = ["the", "cat", "sat", "on", "a", "mat", "and", "ate", "no", "hats"];

/** Words drawn at random, the same for the same seed: something to learn, and something that cannot be. */
export function wordsOf(length: number, seed = 1): string {
  const random = Random.of(seed);
  let text = "";
  while (text.length < length) {
    text += words[Math.floor(random.next() * words.length)] + (random.next() < 0.2 ? "\n" : " ");
  }
  return text.slice(0, length);
}

/** Writes a text into a folder and returns its path. */
export function corpusIn(folder: string, text: string, name = "corpus.txt"): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/**
 * A tiny run. Of 1,200 characters 1,080 are trained on: 4 streams of floor(1079/4) = 269, in chunks of 23, make 12
 * chunks an epoch, of which the last has 269 - 11 * 23 = 16 steps.
 */
export const tiny = {
  layers: 2,
  hidden: 9,
  batchSize: 4,
  seqLength: 23,
  lr: 0.01,
  valFrac: 0.1,
  testFrac: 0,
  epochs: 3,
  logEvery: 1,
  evalEvery: 5,
  sampleEvery: 1000,
  checkpointEvery: 1000,
  engine: "wasm",
  threads: 1,
  name: "run",
} as const satisfies Partial<TrainOptions>;

/** The tiny run, with the default intervals between evaluations, samples and checkpoints. */
export const tinyAtUsualIntervals: Partial<TrainOptions> = {
  ...tiny,
  evalEvery: undefined,
  sampleEvery: undefined,
  checkpointEvery: undefined,
};

/** A folder with a corpus and, where asked for, a run that ended or was interrupted. */
export function setUp() {
  const out = temporaryFolder();
  const corpus = corpusIn(out, wordsOf(1200));
  const latest = join(out, "run", "latest.json");
  const start = (options: Partial<TrainOptions> = {}) => train([corpus], { ...tiny, out, ...options });
  return { out, corpus, latest, start };
}

/** All events of a run. */
export async function eventsOf(run: AsyncIterable<TrainingEvent>): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
}

/** A control that interrupts a run after this step; the run must report every step. */
export function interruptedAfter(
  step: number,
  run: (control: TrainControl) => AsyncIterable<TrainingEvent>,
): Promise<TrainingEvent[]> {
  const controller = new AbortController();
  async function* watched() {
    for await (const event of run({ signal: controller.signal })) {
      if (event.event === "step" && event.step === step) controller.abort();
      yield event;
    }
  }
  return eventsOf(watched());
}

/**
 * Trains a run called `run` in `out` that is interrupted at each of the given steps (and ends with the one after it),
 * each stretch on its own number of threads, and returns its last latest.json.
 */
export async function trainInStretches(
  corpus: string,
  out: string,
  options: Partial<TrainOptions>,
  stretches: readonly (readonly [threads: number, until: number])[],
): Promise<Checkpoint> {
  for (const [index, [threads, until]] of stretches.entries()) {
    await interruptedAfter(until, (control) =>
      index === 0
        ? train([corpus], { ...tiny, ...options, out, threads }, control)
        : resume("run", [], { out, threads }, control),
    );
  }
  return readCheckpoint(join(out, "run", "latest.json"));
}

/** The bits of every tensor of a checkpoint by name: parameters, moments and states. */
export function bitsOf({ parameters, training }: Checkpoint): Record<string, string> {
  const tensors = [...parameters, ...entriesOf(training?.optimizer), ...entriesOf(training?.state)];
  return Object.fromEntries(
    tensors.map(([name, tensor]) => {
      if (!isNamedArray(tensor)) throw new Error(`${name} is no tensor`);
      const { buffer, byteOffset, byteLength } = tensor.data;
      return [name, Buffer.from(buffer, byteOffset, byteLength).toString("hex")];
    }),
  );
}

/** The members of what a training state holds under some name, such as its moments. */
export function entriesOf(record: Tree | undefined): [string, Tree | undefined][] {
  return isRecord(record) ? Object.entries(record) : [];
}

/** What must not depend on how often a run was interrupted, beside its tensors. */
export function standingOf(checkpoint: Checkpoint) {
  if (checkpoint.training === undefined) throw new Error("the checkpoint holds no training");
  const { step, best, evaluationsSinceBest, drops, firstLoss } = checkpoint.training;
  return { step, best: { ...(best as object), path: "" }, evaluationsSinceBest, drops, firstLoss };
}

/** The lines of a run's metrics.jsonl. */
export function metricsOf(out: string, name = "run"): TrainingEvent[] {
  return readFileSync(join(out, name, "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as TrainingEvent);
}
