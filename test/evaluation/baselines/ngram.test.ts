import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  discountsOf,
  ngramBaseline,
  NgramModel,
  NGRAM_TRAINING_LIMIT,
} from "../../../src/evaluation/baselines/ngram.ts";
import { Random } from "../../../src/random.ts";
import { Symbols } from "../../../src/text/symbols.ts";
import { testsAll } from "../../scope.ts";

describe("discountsOf", () => {
  it("is equation 26 of Chen and Goodman", () => {
    // Y = 4 / (4 + 2*2) = 1/2; D1 = 1 - 2Y*2/4 = 1/2; D2 = 2 - 3Y*1/2 = 5/4; D3+ = 3 - 4Y*1/1 = 1.
    expect(discountsOf([4, 2, 1, 1])).toEqual([0.5, 1.25, 1]);
  });

  it("falls back to half of each count where the counts of counts are degenerate", () => {
    const fallback = [0.5, 1, 1.5];
    expect(discountsOf([0, 0, 0, 0])).toEqual(fallback);
    expect(discountsOf([5, 0, 1, 1])).toEqual(fallback);
    expect(discountsOf([5, 1, 0, 1])).toEqual(fallback);
    // Y = 1/2, D3+ = 3 - 2*9/1 < 0
    expect(discountsOf([4, 2, 1, 9])).toEqual(fallback);
    // Y = 1/2, D3+ = 3 - 2*3/2 = 0, which would leave nothing for what was never seen.
    expect(discountsOf([4, 2, 2, 3])).toEqual(fallback);
  });
});

describe("NgramModel", () => {
  it("agrees with arithmetic by hand on a text of three symbols", async () => {
    // "aab" with V = 3 (a, b, and c, which does not occur); every discount is the fallback 1/2, 1, 3/2.
    // Unigrams: a follows the start and a (2), b follows a (1). They sum to 3, discounted by 1 + 1/2:
    //   p(a) = (2 - 1)/3 + (3/2)/3 * 1/3 = 1/2,  p(b) = (1/2)/3 + 1/6 = 1/3,  p(c) = 1/6
    // After a: aa follows the start (1), ab follows a (1). They sum to 2, discounted by 1/2 + 1/2:
    //   p(a|a) = (1/2)/2 + 1/2 * 1/2 = 1/2,  p(b|a) = 1/4 + 1/2 * 1/3 = 5/12,  p(c|a) = 1/2 * 1/6 = 1/12
    // After aa: aab occurs once: p(b|aa) = 1/2 + 1/2 * 5/12 = 17/24,  p(a|aa) = 1/2 * 1/2 = 1/4
    // After b nothing was seen: the unigrams.
    const [a, b, c] = [0, 1, 2];
    const model = await NgramModel.train(Symbols.from([a, a, b], 3), 3);
    const p = (symbol: number, ...context: number[]) => model.probability(context, symbol);
    expect([p(a), p(b), p(c)]).toEqual([1 / 2, 1 / 3, 1 / 6].map((x) => expect.closeTo(x, 14) as number));
    expect([p(a, a), p(b, a), p(c, a)]).toEqual(
      [1 / 2, 5 / 12, 1 / 12].map((x) => expect.closeTo(x, 14) as number),
    );
    expect([p(b, a, a), p(a, a, a)]).toEqual([17 / 24, 1 / 4].map((x) => expect.closeTo(x, 14) as number));
    expect([p(a, b), p(c, c, a, b)]).toEqual([p(a), p(c)]);
    // Scoring "aab": its a given a, and its b given aa.
    expect(await model.bitsPerCharacter(Symbols.from([a, a, b], 3))).toBeCloseTo(
      (1 + Math.log2(24 / 17)) / 2,
      14,
    );
  });

  it("gives positive probabilities that sum to one after any context, seen or not", async () => {
    const symbol = fc.nat(3);
    await fc.assert(
      fc.asyncProperty(
        fc.array(symbol, { maxLength: 200 }),
        fc.array(symbol, { maxLength: 6 }),
        async (text, context) => {
          const model = await NgramModel.train(Symbols.from(text, 5), 5);
          const probabilities = [0, 1, 2, 3, 4].map((next) => model.probability(context, next));
          expect(Math.min(...probabilities)).toBeGreaterThan(0);
          expect(probabilities.reduce((sum, p) => sum + p)).toBeCloseTo(1, 12);
        },
      ),
    );
  });

  it("agrees with the definition worked out over strings", async () => {
    for (const [length, vocabularySize] of [
      [40, 2],
      [3000, 3],
      [3000, 26],
    ]) {
      const text = skewedText(length, vocabularySize);
      const model = await NgramModel.train(Symbols.from(text, vocabularySize), vocabularySize);
      const probability = kneserNeyOverStrings(text, vocabularySize);
      for (let i = 0; i < 300; i++) {
        const end = Math.floor((i * length) / 300);
        const context = text.slice(Math.max(0, end - (i % 6)), end);
        const symbol = (text[end] + (i % 2)) % vocabularySize;
        expect(model.probability(context, symbol)).toBeCloseTo(probability(context, symbol), 12);
      }
    }
  });

  it("scores the mean over the symbols but the first, each given up to four before it", async () => {
    const text = skewedText(400, 4);
    const model = await NgramModel.train(Symbols.from(skewedText(2000, 4), 4), 4);
    let bits = 0;
    for (let i = 1; i < text.length; i++)
      bits -= Math.log2(model.probability(text.slice(Math.max(0, i - 4), i), text[i]));
    expect(await model.bitsPerCharacter(Symbols.from(text, 4))).toBeCloseTo(bits / 399, 12);
  });
});

describe("ngramBaseline", () => {
  it("comes close to the entropy of a source it can model", async () => {
    // Each symbol follows the one before it by 1 with probability 3/4, or by 2 (mod 8):
    // 3/4 log2(4/3) + 1/4 log2(4) = 0.8113 bits.
    const random = Random.of(7);
    const text = [0];
    while (text.length < 120_000) text.push((text[text.length - 1] + (random.next() < 0.75 ? 1 : 2)) % 8);
    const symbols = Symbols.from(text, 8);
    const { bitsPerCharacter, note } = await ngramBaseline(
      symbols.subsequence(0, 100_000),
      symbols.subsequence(100_000, 120_000),
      8,
    );
    // 20,000 draws of a variable of deviation sqrt(3/16) log2(3) = 0.69 have a mean within 0.015 (three sigma).
    expect(Math.abs((bitsPerCharacter ?? NaN) - 0.8113)).toBeLessThan(0.02);
    expect(note).toBeUndefined();
  });

  it.runIf(testsAll)("is trained on the last symbols up to its limit, and says so", async () => {
    // A b, and as many a's as are looked at. Both aa and a are counted twice: after the start and after an a.
    //   p(b) = (0 + 1 * 1/2)/2 = 1/4,  p(b|a) = (0 + 1 * 1/4)/2 = 1/8
    // After b nothing was seen: the unigrams. Scoring "abb" takes 3 and 2 bits.
    const [b, a] = [0, 1];
    const long = new Uint8Array(new SharedArrayBuffer(NGRAM_TRAINING_LIMIT + 1)).fill(a, 1);
    const training = new Symbols([long], 1, long.length, 0, long.length);
    const { bitsPerCharacter, note } = await ngramBaseline(training, Symbols.from([a, b, b], 2), 2);
    expect(bitsPerCharacter).toBeCloseTo((3 + 2) / 2, 14);
    expect(note).toBe("the 5-gram is trained on the last 50,000,000 of 50,000,001 symbols");
  });
});

/** A text whose symbols depend on the two before them, most of them small. */
function skewedText(length: number, vocabularySize: number): number[] {
  const random = Random.of(length, vocabularySize);
  const text = [0, 0];
  while (text.length < length) {
    const drawn = Math.floor(vocabularySize * random.next() ** 3);
    text.push((drawn + text[text.length - 1] * text[text.length - 2]) % vocabularySize);
  }
  return text;
}

/** The same model, written down from its definition with sets and maps of strings, and slow. */
function kneserNeyOverStrings(text: number[], vocabularySize: number) {
  const order = 5;
  const keyOf = (symbols: number[]) => symbols.join(",");
  const counts = Array.from({ length: order + 1 }, () => new Map<string, number>());
  for (let n = 1; n <= order; n++) {
    const before = new Set<string>();
    for (let i = 0; i + n <= text.length; i++) {
      const key = keyOf(text.slice(i, i + n));
      const withBefore = `${i === 0 ? "start" : text[i - 1]}|${key}`;
      if (n < order && before.has(withBefore)) continue;
      before.add(withBefore);
      counts[n].set(key, (counts[n].get(key) ?? 0) + 1);
    }
  }
  const discounts = counts.map((ofOrder) =>
    discountsOf([1, 2, 3, 4].map((count) => [...ofOrder.values()].filter((c) => c === count).length)),
  );
  return function probability(context: number[], symbol: number): number {
    let p = 1 / vocabularySize;
    for (let n = 1; n <= Math.min(order, context.length + 1); n++) {
      const prefix = context.slice(context.length - n + 1);
      let total = 0;
      let discounted = 0;
      let own = 0;
      for (let next = 0; next < vocabularySize; next++) {
        const count = counts[n].get(keyOf([...prefix, next])) ?? 0;
        const discount = count === 0 ? 0 : discounts[n][Math.min(count, 3) - 1];
        total += count;
        discounted += discount;
        if (next === symbol) own = count - discount;
      }
      if (total > 0) p = (own + discounted * p) / total;
    }
    return p;
  };
}
