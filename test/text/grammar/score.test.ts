import { describe, expect, it } from "vitest";
import { drawUnit, generate } from "../../../src/text/grammar/generate.ts";
import { defineGrammar, type Grammar } from "../../../src/text/grammar/grammar.ts";
import { uniformNumbers } from "../../../src/text/grammar/random.ts";
import { floor, LiveDerivations, score } from "../../../src/text/grammar/score.ts";

const animals = defineGrammar("animals", "line", {
  line: [[1, "<animal><maybeMore>."]],
  animal: [
    [0.5, "cat"],
    [0.3, "cow"],
    [0.2, "hen"],
  ],
  maybeMore: [
    [0.75, ""],
    [0.25, "s"],
  ],
});

/** Brackets nested without bound: the depth is in the stack alone. */
const brackets = defineGrammar("brackets", "group", {
  group: [[1, "(<inside>)"]],
  inside: [
    [0.6, "x"],
    [0.4, "<group><inside>"],
  ],
});

function probabilities(grammar: Grammar, text: string): number[] {
  return Array.from(score(grammar, text), (bits) => 2 ** -bits);
}

/** The probability of `character` after `text`, by its own reading of the whole. */
function probabilityAfter(grammar: Grammar, text: string, character: string): number {
  const derivations = new LiveDerivations(grammar);
  for (let i = 0; i < text.length; i++) derivations.read(text.charCodeAt(i));
  return derivations.read(character.charCodeAt(0));
}

describe("score", () => {
  it("is the probability of each character given those before", () => {
    // c: cat or cow, 0.8. Then a: 0.5 / 0.8. t: sure. s: 0.25. The full stop: sure; a new line begins with h: 0.2.
    const expected = [0.8, 0.625, 1, 0.25, 1, 0.2];
    probabilities(animals, "cats.h").forEach((p, i) => {
      expect(p).toBeCloseTo(expected[i], 12);
    });
  });

  it("keeps count of nested brackets", () => {
    // ( sure; ( 0.4; x 0.6; ) sure; then inside the outer one again x 0.6, ) sure.
    const expected = [1, 0.4, 0.6, 1, 0.6, 1];
    probabilities(brackets, "((x)x)").forEach((p, i) => {
      expect(p).toBeCloseTo(expected[i], 12);
    });
  });

  it("adds the derivations of an ambiguous prefix", () => {
    const grammar = defineGrammar("twins", "s", {
      s: [
        [1, "<a>1"],
        [3, "<b>2"],
      ],
      a: [
        [1, "x"],
        [1, "y"],
      ],
      b: [
        [1, "x"],
        [4, "z"],
      ],
    });
    // P(x) = 1/4 * 1/2 + 3/4 * 1/5 = 0.275, of which 0.125 goes on with 1 and 0.15 with 2.
    expect(probabilities(grammar, "x1")[0]).toBeCloseTo(0.275, 12);
    expect(probabilities(grammar, "x1")[1]).toBeCloseTo(0.125 / 0.275, 12);
    expect(probabilities(grammar, "x2")[1]).toBeCloseTo(0.15 / 0.275, 12);
  });

  it("sums to the bits of the derivation over every unit", () => {
    const uniform = uniformNumbers(5);
    for (let i = 0; i < 500; i++) {
      const { text, bits } = drawUnit(brackets, uniform);
      expect(score(brackets, text).reduce((sum, b) => sum + b, 0)).toBeCloseTo(bits, 8);
    }
  });

  it("gives the next characters probabilities that sum to one", () => {
    const text = [...generate(animals, 60, 2)].join("");
    for (let length = 0; length < text.length; length++) {
      const total = Array.from("catowhens.").reduce(
        (sum, character, i, all) =>
          all.indexOf(character) < i
            ? sum
            : sum + probabilityAfter(animals, text.slice(0, length), character),
        0,
      );
      expect(total).toBeCloseTo(1, 12);
    }
  });

  it("averages to the grammar's entropy over a long text", () => {
    // A line's entropy is H(0.5, 0.3, 0.2) + H(0.75, 0.25), and its mean length 3 + 0.25 + 1 characters.
    const entropy = (...p: number[]) => p.reduce((sum, x) => sum - x * Math.log2(x), 0);
    const rate = (entropy(0.5, 0.3, 0.2) + entropy(0.75, 0.25)) / 4.25;
    // 100,000 characters are some 23,500 lines of 2.3 +- 0.9 bits: a standard error of 0.9 / sqrt(23500) / 4.25 = 0.0014.
    expect(Math.abs(floor(animals, generate(animals, 100_000, 11)) - rate)).toBeLessThan(0.007);
  });

  it("does not depend on how the text is cut into pieces", () => {
    const text = [...generate(brackets, 300, 4)].join("");
    expect(score(brackets, Array.from(text))).toEqual(score(brackets, text));
  });

  it("scores texts longer than its first buffer", () => {
    const bits = score(brackets, "(x)".repeat(50_000));
    expect(bits).toHaveLength(150_000);
    expect(bits[149_998]).toBeCloseTo(-Math.log2(0.6), 12);
  });

  it("names the character that the grammar cannot write", () => {
    expect(() => score(animals, ["cat.", "dog."])).toThrow(
      /^"d" at offset 4 cannot come from the grammar animals: /,
    );
  });
});

describe("floor", () => {
  it("is the mean over a stretch, given what stands before it", () => {
    // "s." of "cats.": 2 bits and none.
    expect(floor(animals, "cats.", 3, 5)).toBeCloseTo(1, 12);
  });

  it("is of the whole text unless told otherwise", () => {
    // P("cats.") = 0.5 * 0.25 = 1/8: 3 bits on 5 characters.
    expect(floor(animals, "cats.")).toBeCloseTo(0.6, 12);
  });

  it("refuses an empty stretch", () => {
    expect(() => floor(animals, "")).toThrow(/^an empty text has no floor/);
  });
});

describe("LiveDerivations", () => {
  it("ends every unit with one derivation", () => {
    const derivations = new LiveDerivations(brackets);
    const ends = Array.from("(x)((x)x)", (character) => {
      derivations.read(character.charCodeAt(0));
      return derivations.atUnitEnd;
    });
    expect(ends).toEqual([false, false, true, false, false, false, false, false, true]);
    expect(derivations.count).toBe(1);
  });

  it("shows an ambiguous unit by more than one derivation at its end", () => {
    const derivations = new LiveDerivations(defineGrammar("twice", "s", { s: [[1, "a"], [1, "<t>"]], t: [[1, "a"]] })); // prettier-ignore
    expect(derivations.read("a".charCodeAt(0))).toBe(1);
    expect(derivations.count).toBe(2);
  });
});
