import { describe, expect, it } from "vitest";
import { openEngine } from "../../../src/engine/engines.ts";
import { Layout } from "../../../src/engine/tensor.ts";
import { Scorer } from "../../../src/tasks/language-model/scorer.ts";
import { Network, type ModelConfig } from "../../../src/model/network.ts";
import { writeStored } from "../../../src/model/weights.ts";
import { Sampler } from "../../../src/sampling/sampler.ts";
import {
  planExamples,
  planSegments,
  together,
  type ScoringPlan,
  type Segment,
} from "../../../src/tasks/language-model/segments.ts";
import { ExampleText } from "../../../src/text/example-text.ts";
import { Symbols } from "../../../src/text/symbols.ts";
import { Vocabulary } from "../../../src/text/vocabulary.ts";
import { charactersOf, randomModel, sizesOf } from "../../model/fixture.ts";
import { wordsOf } from "../../training/fixture.ts";
import { cellNames } from "../../../src/model/cells/index.ts";

const text = wordsOf(230);
const vocabulary = charactersOf(text);
const symbols = Vocabulary.fromJson(vocabulary).encode(text, "error");
const V = vocabulary.symbols.length;

/** A scorer by the segments and the WASM engine with its weights, closed by the caller. */
async function opened(plan: ScoringPlan, config: Partial<ModelConfig>, threads = 1) {
  const { model, parameters } = randomModel(vocabulary, config);
  const layout = new Layout();
  const network = new Network(layout, model, sizesOf(V), { training: false });
  const scorer = new Scorer(layout, network, plan);
  const engine = await openEngine(layout, scorer.programs, { engine: "wasm", threads });
  writeStored(engine, network.parameters, parameters);
  return { scorer, engine };
}

/** Scores the text by the segments. */
async function scored(segments: Segment[] | ScoringPlan, config: Partial<ModelConfig>, threads = 1) {
  const plan = Array.isArray(segments) ? together(segments) : segments;
  const { scorer, engine } = await opened(plan, config, threads);
  const losses = new Map<number, number>();
  const progress: [number, number][] = [];
  const score = await scorer.score(engine, Symbols.from(symbols, V), {
    onCharacter: (position, loss) => {
      expect(losses.has(position), `character ${position} is scored once`).toBe(false);
      losses.set(position, loss);
    },
    progress: (done, total) => progress.push([done, total]),
  });
  await engine.close();
  return { score, losses, progress };
}

/** Each character's loss by stepping through every segment one symbol at a time, on the reference engine. */
async function stepped(segments: Segment[], config: Partial<ModelConfig>) {
  const { model, parameters } = randomModel(vocabulary, config);
  const sampler = await Sampler.open(model, sizesOf(V), parameters, { rows: 1, engine: "reference" });
  const losses = new Map<number, number>();
  let correct = 0;
  for (const { warmupStart, start, end } of segments) {
    sampler.reset();
    for (let i = warmupStart; i < end - 1; i++) {
      const logits = Array.from(await sampler.step([symbols[i]]));
      if (i + 1 < start) continue;
      const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
      losses.set(i + 1, Math.log(sum) - logits[symbols[i + 1]]);
      if (logits.indexOf(Math.max(...logits)) === symbols[i + 1]) correct += 1;
    }
  }
  await sampler.close();
  return { losses, correct };
}

/** Cut so that segments differ in length and in warm-up, and none is a whole number of the scorer's runs. */
const overlapping: Segment[] = [
  { warmupStart: 0, start: 1, end: 60 },
  { warmupStart: 20, start: 60, end: 183 },
  { warmupStart: 182, start: 183, end: 230 },
];

describe("the scorer", () => {
  it.each([
    ["one segment", planSegments(symbols.length), {}],
    ["segments that are warmed up", overlapping, {}],
    ["an LSTM with an embedding", overlapping, { cell: "lstm", embedding: 5 }],
    ["a vanilla RNN of one layer", overlapping, { cell: "rnn", layers: 1 }],
    ["dropout, which is off", overlapping, { dropout: 0.5 }],
  ] as const)(
    "gives each character the loss of stepping through the text: %s",
    async (_name, segments, config) => {
      const { score, losses } = await scored([...segments], config);
      const expected = await stepped([...segments], config);
      // Each character but the first, whatever the order.
      expect([...losses.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 229 }, (_, i) => i + 1));
      for (const [position, loss] of expected.losses) {
        // Two engines in float32, on losses of a few nats.
        expect(Math.abs((losses.get(position) ?? NaN) - loss), `character ${position}`).toBeLessThan(1e-4);
      }
      expect(score.characters).toBe(229);
      expect(score.correct).toBe(expected.correct);
      const mean = [...losses.values()].reduce((sum, loss) => sum + loss, 0) / 229;
      expect(score.loss).toBeCloseTo(mean, 12);
    },
  );

  it("gives the same number on any number of threads", async () => {
    const { score } = await scored(overlapping, {});
    expect((await scored(overlapping, {}, 2)).score).toEqual(score);
    expect((await scored(overlapping, {}, 3)).score).toEqual(score);
  });

  it.each(cellNames)("begins each time from the zero state: %s", async (cell) => {
    const { scorer, engine } = await opened(together(overlapping), { cell });
    const score = await scorer.score(engine, Symbols.from(symbols, V));
    expect(await scorer.score(engine, Symbols.from(symbols, V))).toEqual(score);
    await engine.close();
  });

  it("tells how far it has come, up to the end", async () => {
    // The longest segment is read from 20 to 182: 162 steps, in runs of 50.
    const { progress } = await scored(overlapping, {});
    expect(progress).toEqual([
      [50, 162],
      [100, 162],
      [150, 162],
      [162, 162],
    ]);
  });
});

describe("the scorer of examples", () => {
  /** The lines of the text, whose last one has no line feed. Its first symbol is a line feed, too. */
  const lineFeed = Vocabulary.fromJson(vocabulary).indexOf(0x0a) ?? -1;
  const started = Symbols.from(symbols, V);
  const lines = ExampleText.of({ symbols: started, ends: [symbols.length] }, "lines", lineFeed);

  /** The text of the examples by stepping through each from the zero state. */
  async function steppedLosses(text: ExampleText): Promise<Map<number, number>> {
    const { model, parameters } = randomModel(vocabulary);
    const sampler = await Sampler.open(model, sizesOf(V), parameters, { rows: 1, engine: "reference" });
    const losses = new Map<number, number>();
    for (let example = 0; example < text.count; example++) {
      sampler.reset();
      for (let i = text.endBefore(example); i < text.endBefore(example) + text.lengthOf(example); i++) {
        const logits = Array.from(await sampler.step([text.symbols.at(i)]));
        const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
        losses.set(i + 1, Math.log(sum) - logits[text.symbols.at(i + 1)]);
      }
    }
    await sampler.close();
    return losses;
  }

  async function scoredLines(plan: ScoringPlan, uncounted?: number) {
    const { scorer, engine } = await opened(plan, {});
    const losses = new Map<number, number>();
    const score = await scorer.score(engine, lines.symbols, {
      uncounted,
      onCharacter: (position, loss) => losses.set(position, loss),
    });
    await engine.close();
    return { score, losses };
  }

  it("gives each symbol the loss of stepping through its example from the zero state", async () => {
    const { score, losses } = await scoredLines(planExamples(lines));
    const expected = await steppedLosses(lines);
    expect(losses.size).toBe(lines.symbols.length - 1);
    for (const [position, loss] of expected)
      expect(Math.abs((losses.get(position) ?? NaN) - loss), `symbol ${position}`).toBeLessThan(1e-4);
    expect(score.characters).toBe(lines.symbols.length - 1);
  });

  it("gives the same loss whatever the number of examples side by side and of steps at once", async () => {
    const { score } = await scoredLines(planExamples(lines));
    const alone = planExamples(lines)
      .groups.flat()
      .map((segment) => [segment]);
    const { score: one } = await scoredLines({ groups: alone, lengths: [7] });
    expect(Math.abs(one.loss / score.loss - 1)).toBeLessThan(1e-5);
    expect(one.correct).toBe(score.correct);
  });

  it("adds the loss of a symbol that is no character to the loss of the characters", async () => {
    const whole = await scoredLines(planExamples(lines));
    const { score } = await scoredLines(planExamples(lines), lineFeed);
    expect(score.characters).toBe(lines.symbols.length - 1 - lines.count);
    expect(score.loss * score.characters).toBeCloseTo(whole.score.loss * whole.score.characters, 9);
    expect(score.known.characters).toBe(score.characters);
    expect(score.known.loss).toBeLessThan(score.loss);
  });
});
