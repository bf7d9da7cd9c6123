import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BeamSearch, scoreOf, type Hypothesis } from "../../src/sampling/beam-search.ts";

/** The logits of each next symbol after a prefix. The last symbol is the end. */
type Model = (prefix: readonly number[]) => readonly number[];

/** The search of a model. Each beam's prefix is found as a decoder finds its state: from the beam that it goes on from. */
function searched(model: Model, beams: number, end: number, maxOutput: number): readonly Hypothesis[] {
  const search = new BeamSearch({ beams, end, maxOutput });
  let prefixes: number[][] = [[]];
  for (let step = 0; search.next.length > 0; step++) {
    const before = prefixes;
    prefixes = search.next.map(({ parent, symbol }) => (step === 0 ? [] : [...before[parent], symbol]));
    search.advance((beam) => model(prefixes[beam]));
  }
  return search.best;
}

const probabilities = (logits: readonly number[]) => {
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  return logits.map((logit) => Math.exp(logit) / sum);
};

describe("a beam search", () => {
  // Symbols a = 0, b = 1, end = 2. After a comes anything; after b surely the end.
  const model: Model = (prefix) => {
    if (prefix.length === 0) return [0.5, 0.4, 0.1].map(Math.log);
    return (prefix.at(-1) === 0 ? [0.4, 0.3, 0.3] : [0.005, 0.005, 0.99]).map(Math.log);
  };

  it("with one beam follows the likeliest symbol, and stops at the longest length", () => {
    const [only, ...others] = searched(model, 1, 2, 3);
    expect(others).toEqual([]);
    expect(only.symbols).toEqual([0, 0, 0]);
    expect(only.cut).toBe(true);
    expect(only.logProbability).toBeCloseTo(Math.log(0.5 * 0.4 * 0.4), 10);
  });

  it("does not end with poor short outputs while a better one goes on", () => {
    // The right output is four times a, and each step of it has 0.9. With three symbols, the end is always among the
    // likeliest three, so three poor outputs are complete after three steps.
    const sure: Model = (prefix) => {
      const next = prefix.length < 4 && prefix.every((symbol) => symbol === 0) ? 0 : 2;
      return [0, 1, 2].map((symbol) => Math.log(symbol === next ? 0.9 : 0.05));
    };
    const [best, ...others] = searched(sure, 3, 2, 8);
    expect(best.symbols).toEqual([0, 0, 0, 0]);
    expect(best.logProbability).toBeCloseTo(5 * Math.log(0.9), 10);
    expect(others).toHaveLength(2);
  });

  it("with more beams finds an output that begins less likely", () => {
    const [best] = searched(model, 2, 2, 3);
    // b and the end: 0.4 * 0.99.
    expect(best).toEqual({ symbols: [1], logProbability: best.logProbability, cut: false });
    expect(best.logProbability).toBeCloseTo(Math.log(0.4 * 0.99), 10);
  });

  it("compares outputs by their log-probability for each symbol", () => {
    expect(scoreOf({ symbols: [0, 0, 0], logProbability: -4, cut: false })).toBe(-1);
    expect(scoreOf({ symbols: [0, 0], logProbability: -4, cut: true })).toBe(-2);
  });

  it("with as many beams as there are outputs finds the best of all", () => {
    const END = 2;
    const MOST = 3;
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 45, maxLength: 45 }),
        (numbers) => {
          // A prefix of up to two of two symbols has its own three logits: 7 prefixes.
          const random: Model = (prefix) => {
            const place = prefix.reduce((at, symbol) => 2 * at + symbol + 1, 0);
            return numbers.slice(3 * place, 3 * place + 3);
          };
          const all: Hypothesis[] = [];
          const visit = (symbols: number[], logProbability: number) => {
            if (symbols.length === MOST) {
              all.push({ symbols, logProbability, cut: true });
              return;
            }
            const p = probabilities(random(symbols));
            all.push({ symbols, logProbability: logProbability + Math.log(p[END]), cut: false });
            for (const symbol of [0, 1]) visit([...symbols, symbol], logProbability + Math.log(p[symbol]));
          };
          visit([], 0);
          const best = Math.max(...all.map(scoreOf));
          const found = searched(random, all.length, END, MOST);
          expect(found).toHaveLength(all.length);
          expect(scoreOf(found[0])).toBeCloseTo(best, 8);
        },
      ),
      { numRuns: 100 },
    );
  });
});
