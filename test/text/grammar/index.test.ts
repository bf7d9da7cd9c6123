import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { drawUnit } from "../../../src/text/grammar/generate.ts";
import { type Grammar } from "../../../src/text/grammar/grammar.ts";
import { generate, grammars, score } from "../../../src/text/grammar/index.ts";
import { uniformNumbers } from "../../../src/text/grammar/random.ts";
import { LiveDerivations } from "../../../src/text/grammar/score.ts";
import { testsAll } from "../../scope.ts";

function draw(grammar: Grammar, units: number, seed: number) {
  const uniform = uniformNumbers(seed);
  return Array.from({ length: units }, () => drawUnit(grammar, uniform));
}

function sum(numbers: Iterable<number>): number {
  return Array.from(numbers).reduce((total, number) => total + number, 0);
}

/**
 * The entropy of an unambiguous grammar in bits per character: that of a unit's derivation over a unit's mean length.
 * Both solve linear equations, x = sum of p (own share + the x of the nonterminals within), here by iteration.
 */
function entropyRate({ nonterminals, start }: Grammar): number {
  const expectation = (share: (probability: number, characters: number) => number) => {
    let x = nonterminals.map(() => 0);
    for (let iteration = 0; iteration < 2000; iteration++) {
      const last = x;
      x = nonterminals.map(({ productions }) =>
        sum(
          productions.map(({ probability, symbols }) => {
            const characters = symbols.filter((symbol) => symbol >= 0).length;
            const within = sum(symbols.filter((symbol) => symbol < 0).map((symbol) => x[~symbol]));
            return probability * (share(probability, characters) + within);
          }),
        ),
      );
      if (x.every((value, i) => value === last[i])) break;
    }
    return x[start];
  };
  return expectation((probability) => -Math.log2(probability)) / expectation((_, characters) => characters);
}

describe.each(Object.entries(grammars))("the grammar %s", (name, grammar) => {
  it("is named as it is listed", () => {
    expect(grammar.name).toBe(name);
  });

  it("determines the derivation of every unit by its characters", () => {
    for (const { text, bits } of draw(grammar, testsAll ? 200 : 20, 21)) {
      const derivations = new LiveDerivations(grammar);
      let scored = 0;
      for (let i = 0; i < text.length; i++) {
        if (derivations.atUnitEnd !== (i === 0)) expect.fail(`a unit ends before ${i}, within ${text}`);
        scored -= Math.log2(derivations.read(text.charCodeAt(i)));
      }
      expect(derivations.atUnitEnd).toBe(true);
      expect(derivations.count).toBe(1);
      expect(scored).toBeCloseTo(bits, 6);
    }
  });

  it("gives the next characters probabilities that sum to one", () => {
    const text = [...generate(grammar, 400, 22)].join("");
    const alphabet = new Set([...generate(grammar, 200_000, 23)].join(""));
    for (let length = 0; length < text.length; length += testsAll ? 1 : 3) {
      const total = sum(
        Array.from(alphabet, (character) => {
          const derivations = new LiveDerivations(grammar);
          for (let i = 0; i < length; i++) derivations.read(text.charCodeAt(i));
          return derivations.read(character.charCodeAt(0));
        }),
      );
      expect(total).toBeCloseTo(1, 9);
    }
  });

  it("scores its units at its entropy on average", () => {
    const rate = entropyRate(grammar);
    const differences = draw(grammar, 500, 24).map(
      ({ text }) => sum(score(grammar, text)) - rate * text.length,
    );
    const mean = sum(differences) / differences.length;
    const variance =
      sum(differences.map((difference) => (difference - mean) ** 2)) / (differences.length - 1);
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(variance / differences.length));
  });

  it("writes printable ASCII and line feeds", () => {
    expect([...generate(grammar, 100_000, 25)].join("")).toMatch(/^[\n -~]*$/);
  });

  describe("and its corpus", () => {
    const corpus = readFileSync(`corpora/${name}.txt`, "utf8");
    const row = readFileSync("corpora/README.md", "utf8")
      .split("\n")
      .find((line) => line.startsWith(`| ${name}.txt`));
    // name, characters, symbols, seed, then the floors of the whole and of the three splits
    const cells = row?.split("|").slice(1, -1) ?? [];

    it("are the same text, for seed 1", () => {
      expect([...generate(grammar, corpus.length, 1)].join("") === corpus).toBe(true);
      expect(corpus).toHaveLength(Number(cells[1].replaceAll(",", "")));
      expect(new Set(corpus).size).toBe(Number(cells[2]));
      expect(cells[3].trim()).toBe("1");
    });

    it("have the floors that the README states", () => {
      const held = Math.floor(corpus.length * 0.05);
      const bits = score(grammar, corpus);
      const stretches = [
        [0, corpus.length],
        [0, corpus.length - 2 * held],
        [corpus.length - 2 * held, corpus.length - held],
        [corpus.length - held, corpus.length],
      ];
      expect(cells.slice(4).map((cell) => cell.trim())).toEqual(
        stretches.map(([start, end]) => (sum(bits.subarray(start, end)) / (end - start)).toFixed(4)),
      );
    });
  });
});

describe("corpora/hello.txt", () => {
  it("is five characters of four symbols", () => {
    expect(readFileSync("corpora/hello.txt", "utf8")).toBe("hello");
  });
});
