import { describe, expect, it } from "vitest";
import { defineGrammar } from "../../../src/text/grammar/grammar.ts";

describe("defineGrammar", () => {
  it("turns weights into probabilities", () => {
    const { nonterminals, start } = defineGrammar("g", "s", {
      s: [
        [3, "a"],
        [1, "b"],
      ],
    });
    expect(nonterminals[start].productions.map(({ probability }) => probability)).toEqual([0.75, 0.25]);
  });

  it("finds how a nonterminal can begin, past what may be empty", () => {
    const { nonterminals, start } = defineGrammar("g", "s", {
      s: [[1, "<x><y>c"]],
      x: [
        [0.5, ""],
        [0.5, "a"],
      ],
      y: [
        [0.8, ""],
        [0.2, "ab"],
      ],
    });
    // "a" begins the text as x (1/2) or, past an empty x, as y (1/2 * 1/5); "c" is left with 1/2 * 4/5.
    const total = (character: string) =>
      (nonterminals[start].beginnings.get(character.charCodeAt(0)) ?? []).reduce(
        (sum, way) => sum + way.probability,
        0,
      );
    expect(total("a")).toBeCloseTo(0.6, 12);
    expect(total("c")).toBeCloseTo(0.4, 12);
    expect(nonterminals[start].empty).toBe(0);
  });

  it("takes an angle bracket without a name in it for text", () => {
    const { nonterminals, start } = defineGrammar("g", "s", { s: [[1, "a < b > c"]] });
    expect(String.fromCharCode(...nonterminals[start].productions[0].symbols)).toBe("a < b > c");
  });

  it.each([
    ["a name without a rule", { s: [[1, "<other>"]] }, "grammar g: no rule for <other>"],
    ["a start without a rule", { t: [[1, "a"]] }, "grammar g: no rule for <s>"],
    ["a weight of zero", { s: [[0, "a"]] }, "grammar g: <s> has a weight <= 0"],
    ["left recursion", { s: [[1, "<t>a"]], t: [[1, "b"], [1, "<s>"]] }, "grammar g: <s> is left-recursive"], // prettier-ignore
    [
      "left recursion past nothing",
      { s: [[1, "<e><s>a"]], e: [[1, ""]] },
      "grammar g: <s> is left-recursive",
    ],
    ["a unit that may be empty", { s: [[1, "<e>"]], e: [[1, ""], [1, "a"]] }, "grammar g: <s> may be empty"], // prettier-ignore
  ] satisfies [string, Record<string, [number, string][]>, string][])("refuses %s", (_, rules, message) => {
    expect(() => defineGrammar("g", "s", rules)).toThrow(message);
  });
});
