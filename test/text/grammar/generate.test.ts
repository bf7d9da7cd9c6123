import { describe, expect, it } from "vitest";
import { drawUnit, generate } from "../../../src/text/grammar/generate.ts";
import { defineGrammar } from "../../../src/text/grammar/grammar.ts";
import { uniformNumbers } from "../../../src/text/grammar/random.ts";

const greeting = defineGrammar("greeting", "line", {
  line: [
    [3, "good <time>."],
    [1, "hello!"],
  ],
  time: [
    [1, "morning"],
    [1, "evening"],
  ],
});

function text(size: number, seed: number): string {
  return [...generate(greeting, size, seed)].join("");
}

describe("drawUnit", () => {
  it("chooses by cumulated probability and counts the bits of its choices", () => {
    // 0.74 < 3/4 is the first line, and 0.5 the second time of day: -log2(3/4 * 1/2) bits.
    const numbers = [0.74, 0.5].values();
    expect(drawUnit(greeting, () => numbers.next().value ?? NaN)).toEqual({
      text: "good evening.",
      bits: 1 - Math.log2(0.75),
    });
    expect(drawUnit(greeting, () => 0.75)).toEqual({ text: "hello!", bits: 2 });
  });

  it("draws each unit as often as its probability says", () => {
    const uniform = uniformNumbers(3);
    let hellos = 0;
    for (let i = 0; i < 10_000; i++) if (drawUnit(greeting, uniform).text === "hello!") hellos++;
    // Binomial: mean 2500, standard deviation sqrt(10000 * 1/4 * 3/4) = 43; five of them are allowed.
    expect(Math.abs(hellos - 2500)).toBeLessThan(217);
  });
});

describe("generate", () => {
  it.each([0, 1, 5, 1000])("writes exactly %d characters", (size) => {
    expect(text(size, 1)).toHaveLength(size);
  });

  it("writes the same text for the same seed, and another for another", () => {
    expect(text(1000, 1)).toBe(text(1000, 1));
    expect(text(1000, 1)).not.toBe(text(1000, 2));
  });

  it("writes a prefix of the longer text when asked for less", () => {
    expect(text(1000, 1).startsWith(text(333, 1))).toBe(true);
  });
});
