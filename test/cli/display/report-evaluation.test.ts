import { describe, expect, it } from "vitest";
import { evaluationData } from "../../../src/cli/display/report-evaluation.ts";

describe("the evaluation of a report", () => {
  it("counts right answers, names what is mixed up most, and puts the surest mistake first", () => {
    const labels = ["a", "b"];
    const example = (right: string, answer: string, probability: number) => ({
      input: ["x", "y"],
      right: [right],
      answer: [answer],
      probability,
    });
    const examples = [
      example("a", "a", 0.9),
      example("a", "b", 0.6),
      example("a", "b", 0.8),
      example("b", "b", 0.7),
    ];
    const counts = [
      [1, 2],
      [0, 1],
    ];
    const data = evaluationData({ examples, confusion: { labels, counts } });
    expect(data.title).toBe(
      "The model answers 50.00 % of 4 validation examples right, and takes a for b 2 times",
    );
    expect(data.wrong.map(({ probability }) => probability)).toEqual([0.8, 0.6]);
    expect(data.right[0]).toEqual({ input: "xy", right: "a", answer: "a", probability: 0.9 });
  });

  it("names each symbol of an output, and its end", () => {
    const alignment = [[0.25, 0.75], [1, 0], [0.5, 0.5]]; // prettier-ignore
    const read = { input: ["é", "f"], right: ["no"], probability: 1 };
    const [text, tokens] = ["no", "n o"].map(
      (told) => evaluationData({ examples: [{ ...read, answer: [told], alignment }] }).alignments[0],
    );
    expect(text).toEqual({ input: ["é", "f"], output: ["n", "o", "end"], weights: alignment });
    expect(tokens.output).toEqual(["n", "o", "end"]);
  });
});
