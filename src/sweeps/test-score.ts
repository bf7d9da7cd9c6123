import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "../checkpoint/atomic.ts";
import { type Checkpoint } from "../checkpoint/format.ts";
import { readCheckpoint } from "../checkpoint/read.ts";
import { type RunFolder } from "../checkpoint/run-folder.ts";
import { evaluateExamples } from "../evaluation/evaluate-examples.ts";
import { evaluateSequences } from "../evaluation/evaluate-sequences.ts";
import { evaluateSeries } from "../evaluation/evaluate-series.ts";
import { evaluateTexts } from "../evaluation/evaluate-texts.ts";
import { evaluateText, type EvaluateOptions } from "../evaluation/evaluate.ts";
import { taskNameOf, type TaskName } from "../tasks/index.ts";

/** The loss of a checkpoint on the test split, and the other numbers that `charrnn eval` gives. */
export interface TestScore {
  readonly loss: number;
  readonly [metric: string]: number;
}

/** The content of test.json in a run's folder, with the time at which the scored best.json was written. */
interface StoredScore {
  readonly checkpointTime: number;
  readonly score: TestScore;
}

const evaluators: Readonly<
  Record<
    TaskName,
    (checkpoint: Checkpoint, source: { split: "test" }, options: EvaluateOptions) => Promise<object>
  >
> = {
  "language-model": evaluateText,
  "one-to-one": evaluateExamples,
  "many-to-one": evaluateExamples,
  "many-to-many": evaluateExamples,
  "one-to-many": evaluateTexts,
  series: evaluateSeries,
  "sequence-to-sequence": evaluateSequences,
};

/** The score of a run's present best.json that `testRun` has stored; null if there is none. */
export function storedTest(run: RunFolder): TestScore | null {
  const path = pathOf(run);
  if (!existsSync(path) || !existsSync(run.best)) return null;
  try {
    const { checkpointTime, score } = JSON.parse(readFileSync(path, "utf8")) as Partial<StoredScore>;
    return checkpointTime === statSync(run.best).mtimeMs && typeof score?.loss === "number" ? score : null;
  } catch {
    return null;
  }
}

/**
 * Scores the best checkpoint of a run on its test split, and stores the score in test.json of the run's folder. Null if
 * the run has no best checkpoint.
 * @throws CharrnnError if the run has no test split, or its data is missing or has changed
 */
export async function testRun(run: RunFolder, options: EvaluateOptions = {}): Promise<TestScore | null> {
  if (!existsSync(run.best)) return null;
  const checkpointTime = statSync(run.best).mtimeMs;
  const checkpoint = readCheckpoint(run.best);
  const evaluate = evaluators[taskNameOf(checkpoint)];
  const evaluation = await evaluate(checkpoint, { split: "test" }, { ...options, baselines: false });
  const numbers = Object.entries(evaluation).filter(
    (entry): entry is [string, number] => typeof entry[1] === "number" && !notScores.has(entry[0]),
  );
  const score = { loss: NaN, ...Object.fromEntries(numbers) };
  const stored: StoredScore = { checkpointTime, score };
  await writeAtomically(pathOf(run), [`${JSON.stringify(stored)}\n`]);
  return score;
}

/** Numbers of an evaluation that say how fast it was. */
const notScores: ReadonlySet<string> = new Set(["seconds", "charactersPerSecond", "symbolsPerSecond"]);

function pathOf({ folder }: Pick<RunFolder, "folder">): string {
  return join(folder, "test.json");
}
