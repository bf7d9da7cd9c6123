import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { brotliCompressSync, constants } from "node:zlib";
import { type Checkpoint } from "../../src/checkpoint/format.ts";
import { type VocabularyJson } from "../../src/text/vocabulary.ts";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { findNativeKernels } from "../../src/engine/node/native-kernels.ts";
import { evaluateText } from "../../src/evaluation/evaluate.ts";
import { Random } from "../../src/random.ts";
import { train } from "../../src/training/train.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";
import { charactersOf, randomModel } from "../model/fixture.ts";
import { corpusIn, eventsOf, tiny, wordsOf } from "../training/fixture.ts";

/** On the engine that trained, and one thread; no baselines, which take long beside these models. */
const plain = { engine: "wasm", threads: 1, baselines: false } as const;

const native = "addon" in (await findNativeKernels({ mayCompile: true }));
if (!native) console.warn("evaluating on the native engine is not tested: it does not run here");

/** A model of 10,500 characters, 5,250 of them for validation: two segments, the second one warmed up. */
let trained: Checkpoint;
let best: number;
let trainedOut: string;
let corpus: string;

beforeAll(async () => {
  const out = mkdtempSync(join(tmpdir(), "charrnn-"));
  trainedOut = out;
  corpus = corpusIn(out, wordsOf(10_500));
  const options = { ...tiny, out, batchSize: 20, valFrac: 0.5, epochs: 3, evalEvery: 9 };
  const events = await eventsOf(train([corpus], options));
  best = Math.min(...events.flatMap((event) => (event.event === "eval" ? [event.loss] : [])));
  trained = readCheckpoint(join(out, "run", "best.json"));
});

describe("evaluateText", () => {
  it("gives the very number of the validation that made the best checkpoint, on any threads", async () => {
    const { loss } = await evaluateText(trained, { split: "val" }, plain);
    expect(loss).toBe(best);
    expect((await evaluateText(trained, { split: "val" }, { ...plain, threads: 3 })).loss).toBe(best);
  });

  // Weights are packed in another way for few rows, which some kernels then multiply in another way.
  it.skipIf(!native).each([2, 20])(
    "gives the very number where native trained on %i rows",
    async (batchSize) => {
      const out = temporaryFolder();
      const options = {
        ...tiny,
        out,
        batchSize,
        valFrac: 0.5,
        steps: 9,
        evalEvery: 9,
        engine: "native",
      } as const;
      const events = await eventsOf(train([corpusIn(out, wordsOf(10_500))], options));
      const validated = events.flatMap((event) => (event.event === "eval" ? [event.loss] : []));
      const latest = readCheckpoint(join(out, "run", "latest.json"));
      const { loss } = await evaluateText(latest, { split: "val" }, { ...plain, engine: "native" });
      expect(loss).toBe(validated.at(-1));
    },
  );

  describe("on an engine that is not named", () => {
    const lossOf = async (trainedOn: string, engine: "auto" | "wasm" | "reference") => {
      const text = corpusIn(temporaryFolder(), wordsOf(700, 3));
      const training = { step: 1, engine: trainedOn };
      return (await evaluateText({ ...trained, training }, { text }, { ...plain, engine })).loss;
    };

    it.each(["wasm", "reference"] as const)("takes the one of the training: %s", async (engine) => {
      // Where native can be had, that is what is taken otherwise.
      await findNativeKernels({ mayCompile: true });
      expect(await lossOf(engine, "auto")).toBe(await lossOf(engine, engine));
    });

    it("takes the one that is named before it", async () => {
      expect(await lossOf("wasm", "reference")).not.toBe(await lossOf("wasm", "wasm"));
      expect(await lossOf("reference", "wasm")).toBe(await lossOf("wasm", "wasm"));
    });

    it("takes another where native kernels, which trained it, cannot be had", async () => {
      vi.stubEnv("XDG_CACHE_HOME", temporaryFolder());
      const loss = await lossOf("native", "auto").finally(() => vi.unstubAllEnvs());
      expect(loss).toBe(await lossOf("native", "wasm"));
    });
  });

  it("agrees closely with one exact pass", async () => {
    const exact = await evaluateText(trained, { split: "val" }, { ...plain, exact: true });
    expect(exact.characters).toBe(5249);
    // All that differs is what the second segment's state remembers from before its 1,000 characters of warm-up.
    expect(Math.abs(exact.loss - best)).toBeLessThan(1e-3);
  });

  it("agrees to the bit with an exact pass of a text of one segment", async () => {
    const text = corpusIn(temporaryFolder(), wordsOf(700, 3));
    const segmented = await evaluateText(trained, { text }, plain);
    const exact = await evaluateText(trained, { text }, { ...plain, exact: true });
    expect(segmented.characters).toBe(699);
    expect(exact.loss).toBe(segmented.loss);
    expect(exact.accuracy).toBe(segmented.accuracy);
  });

  it("tells every character but the first once, in order, with its loss", async () => {
    const content = wordsOf(10_500).slice(5250);
    const told: [number, string | number, number][] = [];
    const perCharacter = (...character: [number, string | number, number]) => told.push(character);
    const { loss, characters } = await evaluateText(trained, { split: "val" }, { ...plain, perCharacter });
    expect(characters).toBe(5249);
    expect(told.map(([offset]) => offset)).toEqual(Array.from({ length: 5249 }, (_, i) => i + 1));
    expect(told.map(([, symbol]) => symbol).join("")).toBe(content.slice(1));
    expect(told.reduce((sum, [, , nats]) => sum + nats, 0) / 5249).toBeCloseTo(loss, 10);
  });

  it("states one loss in every unit", async () => {
    // Half of these characters take two bytes: "é" and "a" in turns.
    const content = "éa".repeat(50);
    const text = corpusIn(temporaryFolder(), content);
    const { loss, ...rest } = await evaluateText(randomModel(charactersOf(content)), { text }, plain);
    expect(rest).toMatchObject({ text, characters: 99, bytes: 50 + 49 * 2, baselines: null });
    expect(rest.bitsPerCharacter).toBeCloseTo(loss / Math.log(2), 12);
    expect(rest.bitsPerByte).toBeCloseTo((loss / Math.log(2)) * (99 / 148), 12);
    expect(rest.perplexity).toBeCloseTo(Math.exp(loss), 12);
  });

  it("counts the bytes of unknown characters, which the vocabulary does not hold", async () => {
    const text = corpusIn(temporaryFolder(), "aéa😀b");
    const model = randomModel({ unit: "char", symbols: ["a", null] });
    // é has 2, a 1, the emoji 4 and b 1.
    expect(await evaluateText(model, { text }, plain)).toMatchObject({ characters: 4, bytes: 2 + 1 + 4 + 1 });
  });

  it("gives bits per byte that are those per character in a byte model", async () => {
    const text = corpusIn(temporaryFolder(), "abba");
    const model = randomModel({ unit: "byte", symbols: [97, 98, null] });
    const { characters, bytes, ...rest } = await evaluateText(model, { text }, plain);
    expect([characters, bytes]).toEqual([3, 3]);
    expect(rest.bitsPerByte).toBe(rest.bitsPerCharacter);
  });

  describe("with characters that are unknown", () => {
    /** A model whose weights are all zero but for the bias of the head. */
    const biased = (vocabulary: VocabularyJson, bias: number[]) => {
      const model = randomModel(vocabulary, {}, 0);
      model.parameters.get("head.bias")?.data.set(bias);
      return model;
    };

    it("counts them as wrong, though the unknown symbol was predicted, and scores the others beside", async () => {
      const text = corpusIn(temporaryFolder(), "aéa😀b");
      // It predicts the unknown symbol with probability 3/4: é, the emoji and b.
      const model = biased({ unit: "char", symbols: ["a", null] }, [0, Math.log(3)]);
      const score = await evaluateText(model, { text }, plain);
      expect(score).toMatchObject({ characters: 4, unknown: 3, skipped: 0, accuracy: 0 });
      expect(score.known).toMatchObject({ characters: 1, accuracy: 0 });
      expect(score.known.loss).toBeCloseTo(Math.log(4), 6);
      expect(score.loss).toBeCloseTo((Math.log(4) + 3 * Math.log(4 / 3)) / 4, 6);
      // It predicts "a" with probability 3/4.
      const other = biased({ unit: "char", symbols: ["a", null] }, [Math.log(3), 0]);
      expect(await evaluateText(other, { text }, plain)).toMatchObject({
        accuracy: 0.25,
        known: { characters: 1, accuracy: 1 },
      });
    });

    it("charges each log2 of the characters outside the vocabulary in bits per byte", async () => {
      const text = corpusIn(temporaryFolder(), "aéa😀b");
      const model = biased({ unit: "char", symbols: ["a", null] }, [0, 0]);
      const score = await evaluateText(model, { text }, plain);
      // Four symbols of 1 bit. There are 17 planes of 65,536 code points, less 2,048 surrogates, less "a".
      const bits = Math.log2(17 * 65_536 - 2048 - 1);
      expect(score.bitsPerUnknown).toBeCloseTo(bits, 12);
      expect(score.bitsPerCharacter).toBeCloseTo(1, 6);
      expect(score.bitsPerByte).toBeCloseTo((4 + 3 * bits) / 8, 6);
    });

    it("charges each log2(256 - V) in a byte model", async () => {
      const text = corpusIn(temporaryFolder(), "abéa");
      const model = biased({ unit: "byte", symbols: [97, 98, null] }, [0, 0, 0]);
      const score = await evaluateText(model, { text }, plain);
      // Of b, two bytes of é, and a, two are unknown: each one of 254. Symbols have log2(3) bits.
      expect(score).toMatchObject({ characters: 4, bytes: 4, unknown: 2 });
      expect(score.bitsPerByte).toBeCloseTo((4 * Math.log2(3) + 2 * Math.log2(254)) / 4, 6);
    });

    it("has no known loss where all are unknown, and charges nothing where one byte alone is outside", async () => {
      const text = corpusIn(temporaryFolder(), "\xff".repeat(3));
      const bytes = Array.from({ length: 255 }, (_, byte) => byte);
      const none = await evaluateText(randomModel({ unit: "char", symbols: ["a", null] }), { text }, plain);
      expect(none.known).toEqual({ characters: 0, loss: null, accuracy: null });
      expect(JSON.stringify(none)).toContain('"known":{"characters":0,"loss":null,"accuracy":null}');
      const all = await evaluateText(
        randomModel({ unit: "byte", symbols: [...bytes, null] }),
        { text },
        plain,
      );
      expect(all).toMatchObject({ unknown: 0, bitsPerUnknown: 0 });
      expect(all.bitsPerByte).toBe(all.bitsPerCharacter);
    });

    it("gives the number of the validation, and bits per byte that the baselines share", async () => {
      const out = temporaryFolder();
      // Of the words' letters "d" is the most seldom: it is the unknown symbol, with two bytes.
      const content = wordsOf(1200).replaceAll("d", "ß");
      const seldom = content.split("ß").length - 1;
      const options = { ...tiny, out, minCount: seldom + 1, valFrac: 0.5, steps: 5, evalEvery: 5 };
      const events = await eventsOf(train([corpusIn(out, content)], options));
      const validated = events.flatMap((event) => (event.event === "eval" ? [event.loss] : []));
      const [start] = events;
      expect(start).toMatchObject({ event: "start", unknown: seldom, skipped: 0 });

      const latest = readCheckpoint(join(out, "run", "latest.json"));
      expect(latest.vocabulary.symbols).not.toContain("ß");
      const score = await evaluateText(latest, { split: "val" }, { engine: "wasm" });
      expect(score.loss).toBe(validated.at(-1));
      const part = content.slice(600);
      const unknown = part.slice(1).split("ß").length - 1;
      expect(unknown).toBeGreaterThan(10);
      expect(score).toMatchObject({ unknown, bytes: Buffer.byteLength(part) - 1 });
      const perByte = (bits: number) => (599 * bits + unknown * score.bitsPerUnknown) / score.bytes;
      const { unigram, ngram, bitsPerByte } = score.baselines ?? {};
      expect(score.bitsPerByte).toBeCloseTo(perByte(score.bitsPerCharacter), 12);
      expect(bitsPerByte?.unigram).toBeCloseTo(perByte(unigram ?? NaN), 12);
      expect(bitsPerByte?.ngram).toBeCloseTo(perByte(ngram ?? NaN), 12);
      // Brotli's code holds the characters themselves.
      const whole = Buffer.from(part);
      const compressed = brotliCompressSync(whole, {
        params: {
          [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
          [constants.BROTLI_PARAM_SIZE_HINT]: whole.length,
        },
      });
      expect(bitsPerByte?.brotli).toBeCloseTo((8 * compressed.length) / whole.length, 12);
    });
  });

  it("refuses a model of a task that there is not", async () => {
    const model = randomModel(charactersOf("ab"));
    const checkpoint = { ...model, task: { name: "translation", inputs: 2, outputs: 2 } };
    await expect(evaluateText(checkpoint, { text: "missing.txt" })).rejects.toThrow(
      "the checkpoint is for the task translation, which this version of charrnn does not have; update charrnn",
    );
  });

  it.each<[VocabularyJson, string]>([
    // 1 is the first byte that this vocabulary does not hold: 0 would make the text one long run of zeros.
    [{ unit: "byte", symbols: [0, null] }, "\x01"],
    [{ unit: "char", symbols: ["\0", null] }, "\ufffd"],
  ])("compresses the unknown symbol of %j as one of its own", async (vocabulary, unknown) => {
    const random = Random.of(1);
    const content = Array.from({ length: 999 }, () => (random.next() < 0.5 ? "\0" : "x")).join("");
    const text = corpusIn(temporaryFolder(), content);
    const { baselines } = await evaluateText(randomModel(vocabulary), { text }, { engine: "wasm" });
    const shown = Buffer.from(content.replaceAll("x", unknown));
    const compressed = brotliCompressSync(shown, {
      params: {
        [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
        [constants.BROTLI_PARAM_SIZE_HINT]: shown.length,
      },
    });
    expect(baselines?.brotli).toBe((8 * compressed.length) / 999);
  });

  it("puts the baselines beside the model, which beats the unigram entropy", async () => {
    const { bitsPerCharacter, baselines } = await evaluateText(trained, { split: "val" }, { engine: "wasm" });
    expect(baselines?.notes).toEqual([]);
    expect(baselines?.unigram).toBeGreaterThan(bitsPerCharacter);
    expect(baselines?.ngram).toBeLessThan(baselines?.unigram ?? 0);
    expect(baselines?.brotli).toBeGreaterThan(0);
  });

  it("says why a baseline is missing: a model that names no training text", async () => {
    const content = wordsOf(300);
    const text = corpusIn(temporaryFolder(), content);
    const { baselines } = await evaluateText(
      randomModel(charactersOf(content)),
      { text },
      { engine: "wasm" },
    );
    expect(baselines).toMatchObject({ unigram: null, ngram: null });
    expect(baselines?.brotli).toBeGreaterThan(0);
    expect(baselines?.notes.join()).toMatch(/^unigram and 5-gram: .*names no training text$/);
  });

  it("skips symbols outside the vocabulary where asked to, and else names the first", async () => {
    const content = "the cat sat on a mat and ate no hats\n";
    const folder = temporaryFolder();
    const clean = corpusIn(folder, content, "clean.txt");
    const foreign = corpusIn(folder, content.replace("sat", "sñat"), "foreign.txt");
    await expect(evaluateText(trained, { text: foreign }, plain)).rejects.toThrow(/"ñ" \(U\+00F1\)/);
    const skipped = await evaluateText(trained, { text: foreign }, { ...plain, unknown: "skip" });
    expect(skipped.loss).toBe((await evaluateText(trained, { text: clean }, plain)).loss);
  });

  it("tells the offsets in the text as it was given, with what was skipped", async () => {
    const text = corpusIn(temporaryFolder(), "§the §§cat");
    const told: (string | number)[] = [];
    await evaluateText(
      trained,
      { text },
      { ...plain, unknown: "skip", perCharacter: (...character) => told.push(...character.slice(0, 2)) },
    );
    expect(told).toEqual([2, "h", 3, "e", 4, " ", 7, "c", 8, "a", 9, "t"]);
  });

  it("says how many were skipped, of a text and of a split", async () => {
    const text = corpusIn(temporaryFolder(), "§the §§cat§");
    expect(await evaluateText(trained, { text }, { ...plain, unknown: "skip" })).toMatchObject({
      characters: 6,
      skipped: 4,
      unknown: 0,
    });
    const out = temporaryFolder();
    writeFileSync(join(out, "best.json"), readFileSync(join(trainedOut, "run", "best.json")));
    // 1,203 characters, of which 1,200 are kept. The last 600 of these have one "§" within and one behind them.
    const words = wordsOf(1200, 2);
    const mixed = `${words.slice(0, 100)}§${words.slice(100, 700)}§${words.slice(700)}§`;
    const options = { ...tiny, out, initFrom: join(out, "best.json"), valFrac: 0.5, steps: 1, evalEvery: 1 };
    const events = await eventsOf(train([corpusIn(out, mixed)], { ...options, unknown: "skip" }));
    expect(events[0]).toMatchObject({ event: "start", skipped: 3, symbols: { train: 600, val: 600 } });
    const latest = readCheckpoint(join(out, "run", "latest.json"));
    const offsets: number[] = [];
    const score = await evaluateText(
      latest,
      { split: "val" },
      { ...plain, perCharacter: (offset) => offsets.push(offset) },
    );
    expect(score).toMatchObject({ characters: 599, skipped: 2 });
    expect(score.loss).toBe(events.flatMap((event) => (event.event === "eval" ? [event.loss] : []))[0]);
    // Symbol 100 of the split stands behind the "§".
    expect([offsets[0], offsets[98], offsets[99], offsets[598]]).toEqual([1, 99, 101, 600]);
  });

  it("refuses a text of one character", async () => {
    const short = corpusIn(temporaryFolder(), "a");
    await expect(evaluateText(trained, { text: short }, plain)).rejects.toThrow(
      / has too little to score \(1 character\): name a text with at least 2 characters$/,
    );
  });

  it("can be given up on", async () => {
    const controller = new AbortController();
    const progress = () => {
      controller.abort();
    };
    const options = { ...plain, progress, signal: controller.signal };
    await expect(evaluateText(trained, { split: "val" }, options)).rejects.toThrow(/abort/);
  });
});
