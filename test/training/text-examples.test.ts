import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { evaluateText } from "../../src/evaluation/evaluate.ts";
import { initialParameters } from "../../src/model/initialization.ts";
import { namedData } from "../../src/model/weights.ts";
import { Random } from "../../src/random.ts";
import { sample } from "../../src/sampling/sample.ts";
import { loadTask } from "../../src/tasks/index.ts";
import { Learner } from "../../src/training/learner.ts";
import { completeOptions } from "../../src/training/option-checks.ts";
import { type TrainOptions } from "../../src/training/options.ts";
import { plan } from "../../src/training/plan.ts";
import { train } from "../../src/training/train.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";
import { allOr, testsAll } from "../scope.ts";
import { bitsOf, corpusIn, eventsOf, setUp, standingOf, tiny, trainInStretches, wordsOf } from "./fixture.ts";

/** Past the end of every run here. */
const END = 1_000_000;

/** Lines of up to some 80 characters, in chunks of at most 7 steps: most batches carry their state. */
const lines = { lines: true, seqLength: 7, steps: 30, layers: 1 } as const;

/** Three documents of 100, 101 and 30 characters. */
function documentsIn(folder: string): string[] {
  return [100, 101, 30].map((length, seed) => corpusIn(folder, wordsOf(length, seed + 1), `${seed}.txt`));
}

async function lastEvaluation(paths: string[], options: Partial<TrainOptions>) {
  const events = await eventsOf(train(paths, options));
  const [start] = events.flatMap((event) => (event.event === "start" ? [event] : []));
  const evaluations = events.flatMap((event) => (event.event === "eval" ? [event] : []));
  return { start, evaluation: evaluations[evaluations.length - 1] };
}

describe("training on lines", () => {
  it.each(allOr(["gru"] as const, ["rnn", "lstm", "gru", "mingru"] as const))(
    "that was interrupted ends in the same bits as one that was not, on any threads: %s",
    async (cell) => {
      const { out, corpus } = setUp();
      const options = { ...lines, cell, dropout: 0.2 };
      const whole = await trainInStretches(corpus, join(out, "whole"), options, [[1, END]]);
      const parts = await trainInStretches(corpus, join(out, "parts"), options, [
        [3, 5],
        [1, 16],
        [2, END],
      ]);
      expect(standingOf(parts)).toEqual(standingOf(whole));
      expect(bitsOf(parts)).toEqual(bitsOf(whole));
    },
  );

  it("validates as eval scores the split, to the bit, and keeps what its model needs", async () => {
    const { out, corpus } = setUp();
    const { start, evaluation } = await lastEvaluation([corpus], { ...tiny, ...lines, out });
    const count = wordsOf(1200).split("\n").length;
    // A tenth of the lines; the last one has no line feed and gets one.
    const val = Math.floor(count / 10);
    expect(start.examples).toEqual({ train: count - val, val, test: 0 });
    expect(start.symbols.train + start.symbols.val).toBe(1201);
    const latest = readCheckpoint(join(out, "run", "latest.json"));
    expect(latest.task).toEqual({
      name: "language-model",
      inputs: 12,
      outputs: 12,
      examples: "lines",
      end: 0,
    });
    expect(latest.beginnings).toBeUndefined();
    const options = { engine: "wasm", baselines: false } as const;
    for (const threads of [1, 3]) {
      const score = await evaluateText(latest, { split: "val" }, { ...options, threads });
      expect(score.loss).toBe(evaluation.loss);
      expect(score.characters).toBe(start.symbols.val);
    }
  });

  it("has the same loss whatever the batch", async () => {
    const { out, corpus } = setUp();
    const task = await loadTask("language-model");
    const lossWith = async (batchSize: number) => {
      const options = completeOptions({ ...tiny, ...lines, out, batchSize });
      const dataset = await task.read([corpus], options, { resuming: false });
      const data = dataset.trainingData(options);
      const { cell, layers, hidden, embedding } = options;
      const config = { cell, layers, hidden, embedding, dropout: 0 };
      const learner = await Learner.open({ config, data, options }, { engine: "wasm", threads: 1 });
      const initial = await initialParameters(config, data.network, options, Random.of(1));
      learner.loadParameters(namedData(initial));
      let [loss, counted] = [0, 0];
      for (let index = 0; index < data.chunksPerEpoch; index++) {
        const chunk = data.chunk(index, 1);
        const assessment = await learner.update(chunk, index + 1, 0);
        loss += assessment.loss * chunk.counted;
        counted += chunk.counted;
      }
      await learner.close();
      expect(counted).toBe(data.symbolsPerEpoch);
      return loss / counted;
    };
    const one = await lossWith(1);
    expect(Math.abs((await lossWith(5)) / one - 1)).toBeLessThan(1e-5);
    expect(Math.abs((await lossWith(64)) / one - 1)).toBeLessThan(1e-5);
  });

  it("is planned as it is trained", async () => {
    const { out, corpus, start } = setUp();
    const planned = await plan([corpus], { ...tiny, ...lines, out });
    const [event] = await eventsOf(start(lines));
    expect(event).toMatchObject({ examples: planned.examples, stepsPerEpoch: planned.stepsPerEpoch });
    const data = { train: planned.symbols.train, val: planned.symbols.val };
    expect(planned.seconds).toBeCloseTo(
      ((30 / planned.stepsPerEpoch) * data.train) / planned.charactersPerSecond,
      9,
    );
  });

  it("goes on from a model of lines only", async () => {
    const { out, corpus, start } = setUp();
    await eventsOf(start({ ...lines, steps: 1 }));
    const initFrom = join(out, "run");
    // Two new characters, one before the line feed and one between the others.
    const grown = corpusIn(out, `\t${wordsOf(500)}z\n`, "grown.txt");
    const options = {
      ...tiny,
      layers: 1,
      seqLength: 7,
      out,
      initFrom,
      steps: 1,
      name: "second",
      unknown: "grow",
    } as const;
    await eventsOf(train([grown], options));
    expect(readCheckpoint(join(out, "second", "latest.json")).task).toMatchObject({
      examples: "lines",
      inputs: 14,
      end: 1,
    });
    const contradicting = { ...options, name: "third", documents: true };
    await expect(eventsOf(train([corpus], contradicting))).rejects.toThrow(
      "--documents true contradicts --init-from, whose model reads lines as examples",
    );
  });

  it.each([
    ["the text has only one line", "one line", {}],
    ["the text has only one line", "one line\n", {}],
    ["which is rarer than --min-count: give a smaller --min-count", "aaaa\naaaa", { minCount: 3 }],
  ])("needs more than one line: %s", async (message, text, options) => {
    const out = temporaryFolder();
    const run = train([corpusIn(out, text)], { ...tiny, out, lines: true, ...options });
    await expect(eventsOf(run)).rejects.toThrow(message);
  });

  it("is not training on documents at the same time", async () => {
    const { start } = setUp();
    await expect(eventsOf(start({ lines: true, documents: true }))).rejects.toThrow(
      "--lines and --documents are both given: leave out one of them",
    );
  });
});

describe("training on documents", () => {
  it.runIf(testsAll)("that was interrupted ends in the same bits as one that was not", async () => {
    const out = temporaryFolder();
    documentsIn(out);
    const options = { documents: true, batchSize: 2, steps: 25, valFrac: 0.4 };
    const whole = await trainInStretches(out, join(out, "whole"), options, [[1, END]]);
    const parts = await trainInStretches(out, join(out, "parts"), options, [
      [2, 11],
      [1, END],
    ]);
    expect(bitsOf(parts)).toEqual(bitsOf(whole));
  });

  it("counts the loss of a document's end, but no character for it", async () => {
    const out = temporaryFolder();
    const paths = documentsIn(out);
    const options = { ...tiny, out, documents: true, batchSize: 2, steps: 9, valFrac: 0.7 };
    const { start, evaluation } = await lastEvaluation(paths, options);
    expect(start.examples).toEqual({ train: 1, val: 2, test: 0 });
    expect(start.symbols.train + start.symbols.val).toBe(231);
    const latest = readCheckpoint(join(out, "run", "latest.json"));
    const losses: [number, string | number, number][] = [];
    const score = await evaluateText(
      latest,
      { split: "val" },
      {
        engine: "wasm",
        perCharacter: (...character) => losses.push(character),
      },
    );
    expect(score.characters).toBe(start.symbols.val);
    expect(score.bytes).toBe(start.symbols.val);
    expect(score.loss).toBe(evaluation.loss);
    expect(losses.filter(([, symbol]) => symbol === "")).toHaveLength(2);
    const sum = losses.reduce((total, [, , loss]) => total + loss, 0);
    expect(score.bitsPerCharacter).toBeCloseTo(sum / Math.LN2 / score.characters, 9);
    // The offsets are those of the corpus, in which the end of a document has that of the character after it.
    const corpus = paths.map((_, seed) => wordsOf([100, 101, 30][seed], seed + 1)).join("");
    for (const [offset, symbol] of losses) if (symbol !== "") expect(corpus[offset]).toBe(symbol);
  });

  it("gives a model that draws one document a sample, and continues with the end's weights when it grows", async () => {
    const out = temporaryFolder();
    const paths = documentsIn(out);
    const options = { ...tiny, out, batchSize: 2, steps: 60, valFrac: 0, lr: 0.02 };
    await eventsOf(train(paths, { ...options, documents: true }));
    const first = readCheckpoint(join(out, "run", "latest.json"));
    const [size] = first.parameters.get("head.bias")?.shape ?? [];
    expect(size).toBe(13);
    const last = [];
    for await (const { index, stopped } of sample(first, { num: 5, length: 3000, engine: "wasm" }))
      if (stopped !== undefined) last.push(index);
    expect(last).toEqual([0, 1, 2, 3, 4]);
    const more = corpusIn(out, `${wordsOf(40, 8)}z`, "more.txt");
    const grow = {
      ...options,
      name: "second",
      initFrom: join(out, "run"),
      unknown: "grow",
      steps: 1,
      lr: 1e-30,
    } as const;
    await eventsOf(train([...paths, more], grow));
    const grown = readCheckpoint(join(out, "second", "latest.json"));
    expect(grown.task).toMatchObject({ examples: "documents", inputs: 14, end: 13 });
    const bias = (checkpoint: typeof grown) => checkpoint.parameters.get("head.bias")?.data ?? [];
    // The new z comes before the end, whose weight moves with it.
    expect(bias(grown)[13]).toBe(bias(first)[12]);
  });

  it("needs more than one file", async () => {
    const { start } = setUp();
    await expect(eventsOf(start({ documents: true }))).rejects.toThrow(
      "--documents makes each document an example, and the text has only one document: name more files, or leave out --documents",
    );
  });
});

describe("eval of a model of lines", () => {
  it("counts the characters of a text, and one line feed if its last line has none", async () => {
    const { out, start } = setUp();
    await eventsOf(start({ ...lines, steps: 1 }));
    const latest = readCheckpoint(join(out, "run", "latest.json"));
    const options = { engine: "wasm" } as const;
    const ended = await evaluateText(latest, { text: corpusIn(out, "the cat\n\nsat\n", "a.txt") }, options);
    expect(ended).toMatchObject({ characters: 13, bytes: 13 });
    const open = await evaluateText(latest, { text: corpusIn(out, "the cat\n\nsat", "b.txt") }, options);
    expect(open).toMatchObject({ characters: 13, bytes: 13, loss: ended.loss });
    expect(open.baselines?.unigram).toBe(ended.baselines?.unigram);
  });

  it("scores a line as it would alone, and takes no notice of --exact", async () => {
    const { out, start } = setUp();
    await eventsOf(start({ ...lines, steps: 9 }));
    const latest = readCheckpoint(join(out, "run", "latest.json"));
    const nats = async (text: string, exact = false) => {
      const notes: string[] = [];
      const options = {
        engine: "wasm",
        baselines: false,
        exact,
        note: (line: string) => notes.push(line),
      } as const;
      const { loss, characters } = await evaluateText(
        latest,
        { text: corpusIn(out, text, "t.txt") },
        options,
      );
      expect(notes).toEqual(
        exact ? ["--exact changes nothing: each of the lines is scored from its own start"] : [],
      );
      return loss * characters;
    };
    const both = await nats("the cat\nsat on\n");
    expect((await nats("the cat\n")) + (await nats("sat on\n"))).toBeCloseTo(both, 4);
    expect(await nats("the cat\nsat on\n", true)).toBe(both);
  });
});
