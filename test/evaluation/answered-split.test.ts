import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Checkpoint } from "../../src/checkpoint/format.ts";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { answerValidation } from "../../src/evaluation/answered-split.ts";
import { evaluateExamples } from "../../src/evaluation/evaluate-examples.ts";
import { evaluateSequences } from "../../src/evaluation/evaluate-sequences.ts";
import { type TrainOptions } from "../../src/training/options.ts";
import { train } from "../../src/training/train.ts";
import { allOr, testsAll } from "../scope.ts";
import { eventsOf } from "../training/fixture.ts";

const out = mkdtempSync(join(tmpdir(), "charrnn-"));
const small = {
  layers: 1,
  hidden: 8,
  steps: 2,
  valFrac: 0.01,
  testFrac: 0.01,
  engine: "wasm",
  threads: 1,
  out,
} as const;

async function trained(table: string, options: Partial<TrainOptions>): Promise<Checkpoint> {
  const path = fileURLToPath(new URL(`../../corpora/${table}`, import.meta.url));
  const name = options.task ?? "";
  await eventsOf(train([path], { ...small, ...options, name }));
  return readCheckpoint(join(out, name, "latest.json"));
}

describe("the answers for the validation split", () => {
  const classes: [string, Partial<TrainOptions>] = [
    "nationalities.tsv",
    { task: "many-to-one", input: "name", target: "nationality" },
  ];
  const tags: [string, Partial<TrainOptions>] = [
    "tags.conll",
    { task: "many-to-many", input: "1", target: "2" },
  ];

  it.each(allOr([classes], [classes, tags]))(
    "of %s are confused as eval counts it",
    async (table, options) => {
      const checkpoint = await trained(table, options);
      const answered = await answerValidation(checkpoint);
      const { confusion, perClass, examples } = await evaluateExamples(
        checkpoint,
        { split: "val" },
        { baselines: false },
      );
      expect(answered?.confusion?.counts).toEqual(confusion);
      expect(answered?.confusion?.labels).toEqual(perClass?.map(({ label }) => label));
      expect(answered?.examples).toHaveLength(examples);
      for (const { input, right, answer, probability = NaN } of answered?.examples ?? []) {
        expect(input.length).toBeGreaterThan(0);
        expect(answer).toHaveLength(right.length);
        expect(probability).toBeGreaterThan(0);
        expect(probability).toBeLessThanOrEqual(1);
      }
    },
  );

  it.runIf(testsAll)("have attention that sums to 1, for outputs that are written", async () => {
    const options = { task: "sequence-to-sequence", input: "text", target: "date", valFrac: 0.005 } as const;
    const checkpoint = await trained("dates.tsv", { ...options, maxOutput: 5 });
    const { examples = [] } = (await answerValidation(checkpoint)) ?? {};
    const { examples: count, accuracy } = await evaluateSequences(
      checkpoint,
      { split: "val" },
      { baselines: false },
    );
    const right = examples.filter((example) => example.answer[0] === example.right[0]);
    expect(examples).toHaveLength(count);
    expect(right.length / count).toBeCloseTo(accuracy, 12);
    const [{ input, answer, alignment = [] }] = examples;
    expect(alignment).toHaveLength(Array.from(answer[0]).length + 1);
    for (const row of alignment) {
      expect(row).toHaveLength(input.length);
      expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
    }
    expect(examples.filter((example) => example.alignment !== undefined)).toHaveLength(4);
  });

  it("are undefined for a model that has no right answers", async () => {
    const model: Checkpoint["model"] = { cell: "rnn", layers: 1, hidden: 1, embedding: 0, dropout: 0 };
    const vocabulary = { unit: "char", symbols: ["a"] } as const;
    expect(await answerValidation({ model, vocabulary, parameters: new Map() })).toBeUndefined();
  });
});
