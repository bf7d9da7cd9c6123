import { describe, expect, it, vi } from "vitest";
import { type Checkpoint } from "../../src/checkpoint/format.ts";
import { CompiledEngine } from "../../src/engine/compiled.ts";
import { UsageError } from "../../src/errors.ts";
import { sample, type SampleOptions, type SamplePiece } from "../../src/sampling/sample.ts";
import { draw, nextDistribution } from "../../src/sampling/filters.ts";
import { Sampler } from "../../src/sampling/sampler.ts";
import { Random } from "../../src/random.ts";
import { Vocabulary, type VocabularyJson } from "../../src/text/vocabulary.ts";
import { charactersOf, randomModel, sizesOf } from "../model/fixture.ts";

/** Weights within +-3 make a network that does not settle: what it says depends on all that it read. */
const model = randomModel(charactersOf("abcdefgh\n"), {}, 3);

async function piecesOf(checkpoint: Checkpoint, options: SampleOptions): Promise<SamplePiece[]> {
  const pieces: SamplePiece[] = [];
  for await (const piece of sample(checkpoint, { engine: "wasm", ...options })) pieces.push(piece);
  return pieces;
}

/** The whole text of each sample. */
async function textsOf(checkpoint: Checkpoint, options: SampleOptions): Promise<string[]> {
  const texts: string[] = [];
  for (const { index, text } of await piecesOf(checkpoint, options))
    texts[index] = (texts[index] ?? "") + text;
  return texts;
}

/** A model that always draws the symbol whose logit is given as by far the highest. */
function certain(vocabulary: VocabularyJson, index: number): Checkpoint {
  const checkpoint = randomModel(vocabulary);
  checkpoint.parameters.get("head.bias")?.data.fill(1000, index, index + 1);
  return checkpoint;
}

describe("sample", () => {
  it("draws the same text for the same seed, and another for another", async () => {
    const options = { length: 100, seed: 7 };
    const [text] = await textsOf(model, options);
    expect(await textsOf(model, options)).toEqual([text]);
    expect(await textsOf(model, { ...options, threads: 2 })).toEqual([text]);
    expect(await textsOf(model, { ...options, seed: 8 })).not.toEqual([text]);
  });

  it("draws the same text from a large model with the threads it takes by itself as with none", async () => {
    // 4 gates of 1,024 x 1,024 weights.
    const large = randomModel(charactersOf("abcdefgh\n"), { cell: "lstm", layers: 1, hidden: 1024 }, 0.2);
    const options = { length: 12, seed: 7 };
    expect(await textsOf(large, options)).toEqual(await textsOf(large, { ...options, threads: 0 }));
  });

  it("draws a sample the same however many there are", async () => {
    const options = { length: 60, seed: 3 };
    const five = await textsOf(model, { ...options, num: 5 });
    expect(new Set(five).size).toBe(5);
    expect(await textsOf(model, { ...options, num: 3 })).toEqual(five.slice(0, 3));
    expect(await textsOf(model, { ...options, num: 1 })).toEqual(five.slice(0, 1));
    // More than fit into one batch of 64 rows.
    const many = await textsOf(model, { ...options, num: 70, length: 5 });
    expect(many).toHaveLength(70);
    expect(many.slice(0, 5)).toEqual(five.map((text) => text.slice(0, 5)));
    expect(new Set(many.slice(64)).size).toBeGreaterThan(1);
  });

  it("gives out the samples in order, each ended by a piece that says why", async () => {
    const pieces = await piecesOf(model, { length: 30, num: 4, stop: "a", seed: 2 });
    const order = pieces.map(({ index }) => index);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    for (let index = 0; index < 4; index++) {
      const own = pieces.filter((piece) => piece.index === index);
      const text = own.map((piece) => piece.text).join("");
      expect(own.slice(0, -1).every(({ stopped }) => stopped === undefined)).toBe(true);
      // Either the first "a" is the end, or there is none and the length is reached.
      expect(own.at(-1)?.stopped).toBe(text.includes("a"));
      expect(text.includes("a") ? text.indexOf("a") : 29).toBe(text.length - 1);
    }
  });

  it("gives each character out as it is drawn", async () => {
    const pieces = await piecesOf(model, { length: 10, prime: "ab" });
    expect(pieces.map(({ text }) => text.length)).toEqual([2, ...Array.from({ length: 10 }, () => 1)]);
  });

  it("gives a sample that has waited for its turn out in one piece", async () => {
    const pieces = await piecesOf(model, { length: 10, num: 3, prime: "ab", seed: 3 });
    expect(pieces.slice(-2).map(({ text, ...rest }) => ({ ...rest, length: text.length }))).toEqual([
      { index: 1, stopped: false, length: 12 },
      { index: 2, stopped: false, length: 12 },
    ]);
  });

  it("gives one that goes on after that out as it is drawn", async () => {
    const pieces = await piecesOf(model, { length: 60, num: 4, stop: "h", seed: 3 });
    // The first sample meets its stop text, and the second goes on after that.
    expect(pieces.filter(({ index }) => index === 1).length).toBeGreaterThan(1);
    let drawn = 1; // When a sample's turn comes, all have been drawn as far as the longest of those before it.
    for (let index = 0; index < 4; index++) {
      const [first, ...rest] = pieces.filter((piece) => piece.index === index).map(({ text }) => text.length);
      expect(first).toBe(Math.min(drawn, first + rest.length));
      expect(rest).toEqual(rest.map(() => 1));
      drawn = Math.max(drawn, first + rest.length);
    }
  });

  it("follows the likeliest symbol at temperature 0", async () => {
    const vocabulary = Vocabulary.fromJson(model.vocabulary);
    const sampler = await Sampler.open(model.model, sizesOf(9), model.parameters, {
      rows: 1,
      engine: "wasm",
    });
    let expected = "cab";
    let logits = new Float32Array();
    const feed = async (symbol: number) => {
      logits = Float32Array.from(await sampler.step([symbol]));
    };
    for (const symbol of vocabulary.encode("cab", "error")) await feed(symbol);
    for (let i = 0; i < 40; i++) {
      const likeliest = logits.indexOf(Math.max(...logits));
      expected += vocabulary.decode([likeliest]);
      await feed(likeliest);
    }
    await sampler.close();
    expect(new Set(expected).size).toBeGreaterThan(4);
    expect(await textsOf(model, { temperature: 0, length: 40, prime: "cab", seed: 5 })).toEqual([expected]);
  });

  it("writes the prime first and goes on from its end", async () => {
    const [text] = await textsOf(model, { prime: "abc\nabc", length: 20 });
    expect(text).toMatch(/^abc\nabc/);
    expect(text).toHaveLength(27);
    // A prime that leaves the network elsewhere is followed by something else.
    const [other] = await textsOf(model, { prime: "hhhhhhh", length: 20 });
    expect(other.slice(7)).not.toBe(text.slice(7));
  });

  it("penalizes what it draws again, the last 64 characters of the prime included", async () => {
    // The logits are 2, 0 and 1.5 whatever it reads, and 2 / 2 is less than 1.5.
    const checkpoint = randomModel(charactersOf("abc"), {}, 0);
    checkpoint.parameters.get("head.bias")?.data.set([2, 0, 1.5]);
    const after = async (prime: string, length: number) => {
      const options = { prime, length, temperature: 0, repetitionPenalty: 2 };
      return (await textsOf(checkpoint, options))[0].slice(prime.length);
    };
    // Of a at 1 and c at 1.5 / 2, a is the likelier again.
    expect(await after("b", 3)).toBe("aca");
    expect(await after(`a${"b".repeat(63)}`, 1)).toBe("c");
    expect(await after(`a${"b".repeat(64)}`, 1)).toBe("a");
  });

  it("reads a beginning first without a prime, and writes what follows it", async () => {
    const { symbols } = model.vocabulary;
    const indices = (text: string) => Array.from(text, (symbol) => symbols.indexOf(symbol as never));
    const options = { length: 40, seed: 5 };
    const [primed] = await textsOf(model, { ...options, prime: "hgfe\n" });
    const only = { ...model, beginnings: [indices("hgfe\n")] };
    expect(await textsOf(only, options)).toEqual([primed.slice(5)]);
    // A prime is read from the zero state, as ever.
    expect(await textsOf(only, { ...options, prime: "ab" })).toEqual(
      await textsOf(model, { ...options, prime: "ab" }),
    );
  });

  it("takes one of several beginnings for each sample, however many samples there are", async () => {
    const { symbols } = model.vocabulary;
    const greedy = { temperature: 0, length: 3 };
    const after = async (start: number) => (await textsOf({ ...model, beginnings: [[start]] }, greedy))[0];
    const texts = await Promise.all(symbols.map((_, start) => after(start)));
    expect(new Set(texts).size).toBeGreaterThan(1);
    const any = { ...model, beginnings: symbols.map((_, start) => [start]) };
    const many = await textsOf(any, { ...greedy, num: 60 });
    // Of 9 beginnings, 60 samples miss one with a probability of 9 (8/9)^60, or 1 %; this seed misses none.
    expect(new Set(many)).toEqual(new Set(texts));
    expect(await textsOf(any, { ...greedy, num: 7 })).toEqual(many.slice(0, 7));
  });

  it("starts from a newline without a prime, or else from the commonest symbol or the first", async () => {
    const started = async (checkpoint: Checkpoint) => (await textsOf(checkpoint, { length: 25 }))[0];
    const primed = async (checkpoint: Checkpoint, prime: string) =>
      (await textsOf(checkpoint, { length: 25, prime }))[0].slice(1);
    const training = { step: 1, corpus: { files: ["a.txt"], sha256: "", symbols: 9, commonest: 2 } };
    expect(await started({ ...model, training })).toBe(await primed(model, "\n"));
    const without = randomModel(charactersOf("abcdefgh"), {}, 3);
    expect(await started({ ...without, training })).toBe(await primed(without, "c"));
    expect(await started(without)).toBe(await primed(without, "a"));
  });

  it("refuses a prime with a symbol that the model does not know, by name, or skips it", async () => {
    await expect(textsOf(model, { prime: "abzc" })).rejects.toThrow(
      /"z" \(U\+007A\) at offset 2 of the prime /,
    );
    const options = { length: 9, unknown: "skip" } as const;
    expect(await textsOf(model, { ...options, prime: "abzc" })).toEqual(
      await textsOf(model, { ...options, prime: "abc" }),
    );
  });

  it("ends with the stop text, which it keeps, and does not look for it in the prime", async () => {
    const [whole] = await textsOf(model, { length: 200, seed: 4, prime: "ab" });
    const stop = whole.slice(52, 55);
    const end = whole.indexOf(stop, 2) + 3;
    const pieces = await piecesOf(model, { length: 200, seed: 4, prime: "ab", stop });
    expect(pieces.map(({ text }) => text).join("")).toBe(whole.slice(0, end));
    expect(pieces.at(-1)?.stopped).toBe(true);
    const [primed] = await textsOf(model, { length: 1, prime: "abab", stop: "ba" });
    expect(primed).toHaveLength(5);
  });

  it("never draws the unknown symbol, however likely the model holds it", async () => {
    const [text] = await textsOf(certain({ unit: "char", symbols: ["a", "b", null] }, 2), { length: 50 });
    expect(text).toMatch(/^[ab]{50}$/);
  });

  it("counts a code point beyond the BMP as one character", async () => {
    const checkpoint = certain({ unit: "char", symbols: ["a", "😀"] }, 1);
    expect(await textsOf(checkpoint, { length: 3, prime: "a" })).toEqual(["a😀😀😀"]);
  });

  it("draws bytes with a byte model, and puts characters together", async () => {
    // "é" is C3 A9: a model of these two bytes that always draws A9 completes what the prime began.
    const checkpoint = certain({ unit: "byte", symbols: [0xa9, 0xc3] }, 0);
    // Each lone A9 afterwards is no UTF-8.
    const [text] = await textsOf(checkpoint, { prime: "éé", length: 2 });
    expect(text).toBe("éé\ufffd\ufffd");
    const lead = certain({ unit: "byte", symbols: [0xa9, 0xc3] }, 1);
    // C3 C3 C3: the first two are broken by their successor, the last is never completed.
    expect(await textsOf(lead, { prime: Uint8Array.of(0xc3, 0xa9), length: 3 })).toEqual([
      "é\ufffd\ufffd\ufffd",
    ]);
  });

  it("gives the exact bytes that a byte model reads and draws, one at a time", async () => {
    const checkpoint = certain({ unit: "byte", symbols: [0x00, 0xa9, 0xc3, 0xff] }, 1);
    const prime = Uint8Array.of(0xff, 0x00, 0xc3);
    const pieces = await piecesOf(checkpoint, { prime, length: 3 });
    // C3, the end of the prime, and the first A9 are "é".
    expect(pieces).toEqual([
      { index: 0, text: "\ufffd\0", bytes: prime },
      { index: 0, text: "\u00e9", bytes: Uint8Array.of(0xa9) },
      { index: 0, text: "\ufffd", bytes: Uint8Array.of(0xa9) },
      { index: 0, text: "\ufffd", bytes: Uint8Array.of(0xa9), stopped: false },
    ]);
    expect((await piecesOf(model, { length: 1, prime: "a" }))[0]).toEqual({ index: 0, text: "a" });
  });

  it("compares the bytes of the stop text in a byte model", async () => {
    // The logits of A9 and C3 are 1.5 and 2 whatever it reads. With the penalty it draws C3 at 2, A9 at 1.5 as 2 / 2 is
    // less, and then C3 at 1 as 1.5 / 2 is less.
    const checkpoint = randomModel({ unit: "byte", symbols: [0xa9, 0xc3] }, {}, 0);
    checkpoint.parameters.get("head.bias")?.data.set([1.5, 2]);
    const drawn = async (stop: string) => {
      const pieces = await piecesOf(checkpoint, { stop, length: 3, temperature: 0, repetitionPenalty: 2 });
      return [...pieces.flatMap(({ bytes = [] }) => [...bytes]), pieces.at(-1)?.stopped];
    };
    expect(await drawn("\u00e9")).toEqual([0xc3, 0xa9, true]);
    expect(await drawn("\u00e9\u00e9")).toEqual([0xc3, 0xa9, 0xc3, false]);
    await expect(drawn("\ufffd")).rejects.toThrow("the model never draws byte 0xef, which the stop text has");
  });

  it.each([
    ["aéb", "\u{e9}"],
    ["ab", "\\n"],
  ])("refuses a stop text with a character that the model of %j never draws: %j", async (known, stop) => {
    // The unknown symbol is never drawn either.
    const symbols = [...Array.from(known).filter((symbol) => symbol !== "é"), null];
    const model = randomModel({ unit: "char", symbols }, {}, 0);
    const name = stop === "\u{e9}" ? '"é" (U+00E9)' : '"\\" (U+005C)';
    const hint = stop === "\u{e9}" ? "" : ", or read \\n as a line end with --escapes";
    await expect(textsOf(model, { stop })).rejects.toThrow(
      `the model never draws ${name}, which the stop text has: give another --stop${hint}`,
    );
  });

  it("ends at its first line end with stopLine, which stays in the text", async () => {
    const model = randomModel({ unit: "char", symbols: ["\n", "a"] }, {}, 0);
    // It draws a newline first, and a after it: the penalty halves the logit of what was drawn.
    model.parameters.get("head.bias")?.data.set([3, 2]);
    const drawing = { temperature: 0, repetitionPenalty: 2, length: 5 };
    expect(await textsOf(model, { ...drawing, prime: "\na" })).toEqual(["\na\n\n\n\n\n"]);
    expect(await textsOf(model, { ...drawing, prime: "\na", stopLine: true })).toEqual(["\na\n"]);
    await expect(
      textsOf(randomModel({ unit: "char", symbols: ["a"] }, {}, 0), { stopLine: true }),
    ).rejects.toThrow("the model never draws a line end: leave out --stop-line");
  });

  it("draws num samples for each of several primes, each as long as it is", async () => {
    const prime = (text: string) => ({ prime: text, primeSource: "a line" });
    const primes = ["ab", "", "abaaba"].map(prime);
    const drawn = await textsOf(model, { primes, num: 2, length: 5, seed: 3 });
    expect(drawn).toHaveLength(6);
    expect(drawn.map((text) => text.slice(0, -5))).toEqual(["ab", "ab", "", "", "abaaba", "abaaba"]);
    // A prime's samples do not depend on the primes beside it.
    expect((await textsOf(model, { prime: "ab", num: 2, length: 5, seed: 3 })).slice(0, 2)).toEqual(
      drawn.slice(0, 2),
    );
    await expect(textsOf(model, { primes, prime: "a" })).rejects.toThrow(UsageError);
    await expect(textsOf(model, { primes: [] })).rejects.toThrow(UsageError);
  });

  it.each([
    [{ length: 0 }, "the length takes a whole number at least 1"],
    [{ length: 1.5 }, "the length takes a whole number at least 1"],
    [{ num: 0 }, "the number of samples takes a whole number at least 1"],
    [{ temperature: -1 }, "the temperature takes"],
    [{ topP: 0 }, "top-p takes"],
    [{ stop: "" }, 'stop takes a text, not ""'],
    [{ topK: "5" } as unknown as SampleOptions, 'top-k takes a whole number at least 1, not "5"'],
    [{ seed: NaN }, "the seed takes a whole number at least 0"],
    [{ seed: 2 ** 53 }, "the seed takes a whole number at least 0"],
    [{ threads: 1.5 }, "the number of threads takes a whole number"],
    [{ threads: -3 }, "the number of threads takes a whole number"],
    // What a program without types may give.
    [{ temp: 0.8 } as SampleOptions, "sample has no option temp: it takes length,"],
    [
      { engine: "gpu" } as unknown as SampleOptions,
      'the engine takes one of auto, native, wasm, reference, not "gpu"',
    ],
    [
      { unknown: "drop" } as unknown as SampleOptions,
      "the rule for unknown characters takes one of error, skip",
    ],
  ])("refuses %o", async (options, message) => {
    await expect(textsOf(model, options)).rejects.toThrow(UsageError);
    await expect(textsOf(model, options)).rejects.toThrow(message);
  });

  it("closes its engine where the weights do not fit", async () => {
    const closed = vi.spyOn(CompiledEngine.prototype, "close");
    try {
      const parameters = new Map([...model.parameters].slice(1));
      await expect(textsOf({ ...model, parameters }, { threads: 2 })).rejects.toThrow("of the right size");
      expect(closed).toHaveBeenCalledOnce();
      await closed.mock.results[0].value;
    } finally {
      closed.mockRestore();
    }
  });

  it("closes its engine at its end, on an error, and when it is abandoned", async () => {
    const closed = vi.spyOn(Sampler.prototype, "close");
    try {
      await textsOf(model, { length: 3, threads: 2 });
      expect(closed).toHaveBeenCalledTimes(1);
      for await (const { text } of sample(model, { engine: "wasm", threads: 2 })) if (text !== "") break;
      expect(closed).toHaveBeenCalledTimes(2);
      const broken = { ...model, parameters: new Map(model.parameters) };
      const bias = broken.parameters.get("head.bias");
      if (bias) broken.parameters.set("head.bias", { ...bias, data: bias.data.map(() => NaN) });
      await expect(textsOf(broken, {})).rejects.toThrow("not a number");
      expect(closed).toHaveBeenCalledTimes(3);
      await Promise.all(closed.mock.results.map(({ value }) => value as Promise<void>));
    } finally {
      closed.mockRestore();
    }
  });
});

describe("sample from a model of lines", () => {
  const task = { name: "language-model", inputs: 9, outputs: 9, examples: "lines", end: 0 };
  const lines = randomModel(charactersOf("abcdefgh\n"), {}, 3, task);
  // Without this, the network hardly ever ends a line.
  const bias = lines.parameters.get("head.bias")?.data ?? [];
  bias[0] += 8;

  it("starts each line from the zero state: at temperature 0 all lines are the same", async () => {
    const options = { temperature: 0, length: 60 };
    const [text] = await textsOf(lines, options);
    expect(text).toBe("dddd\n".repeat(12));
    // With its state carried over, the network writes something else after the first line.
    const [carried] = await textsOf({ ...lines, task: undefined }, { ...options, prime: "\n" });
    expect(carried.slice(1)).not.toBe(text);
  });

  it("draws as a network that is reset before each line feed that it reads", async () => {
    const sampler = await Sampler.open(lines.model, task, lines.parameters, { rows: 1, engine: "wasm" });
    const random = Random.of(7, 0);
    const { symbols } = lines.vocabulary;
    let [text, symbol] = ["", 0];
    while (text.length < 200) {
      if (symbol === 0) sampler.reset();
      const logits = await sampler.step([symbol]);
      symbol = draw(nextDistribution(logits, [], { temperature: 1 }, []), random);
      text += String(symbols[symbol]);
    }
    await sampler.close();
    // Ten other samples, whose lines end elsewhere, are drawn beside it.
    expect((await textsOf(lines, { length: 200, seed: 7, num: 11 }))[0]).toBe(text);
    expect(text.split("\n").length).toBeGreaterThan(20);
  });

  it("reads the line feed before the prime, and continues its last line", async () => {
    const [text] = await textsOf(lines, { prime: "ab", length: 30, temperature: 0 });
    const [after] = await textsOf(lines, { prime: "hgfe\nab", length: 30, temperature: 0 });
    expect(text.slice(0, 2)).toBe("ab");
    expect(after).toBe(`hgfe\n${text}`);
  });

  it("draws a sample the same however many there are", async () => {
    const options = { length: 60, seed: 3 };
    const five = await textsOf(lines, { ...options, num: 5 });
    expect(five.some((text) => text.includes("\n"))).toBe(true);
    expect(await textsOf(lines, { ...options, num: 1 })).toEqual(five.slice(0, 1));
    expect(await textsOf(lines, { ...options, num: 5, threads: 2 })).toEqual(five);
  });
});

describe("sample from a model of documents", () => {
  const vocabulary = charactersOf("abcdefgh");
  const task = { name: "language-model", inputs: 9, outputs: 9, examples: "documents", end: 8 };
  const documents = randomModel(vocabulary, {}, 3, task);

  it("ends a sample with its document, which may be empty", async () => {
    const pieces = await piecesOf(documents, { num: 20, length: 50, seed: 1 });
    const last = pieces.filter(({ stopped }) => stopped !== undefined);
    expect(last).toHaveLength(20);
    const texts = await textsOf(documents, { num: 20, length: 50, seed: 1 });
    last.forEach(({ stopped }, index) => {
      // Only a sample that the length ended has 50 characters.
      expect(stopped, texts[index]).toBe(texts[index].length < 50);
    });
    expect(last.some(({ stopped }) => stopped)).toBe(true);
  });

  it("draws nothing after the end", async () => {
    const always = randomModel(vocabulary, {}, 1, task);
    always.parameters.get("head.bias")?.data.fill(1000, 8, 9);
    expect(await piecesOf(always, { num: 2 })).toEqual([
      { index: 0, text: "", stopped: true },
      { index: 1, text: "", stopped: true },
    ]);
    expect(await textsOf(always, { prime: "cab" })).toEqual(["cab"]);
  });
});
