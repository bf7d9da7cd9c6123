import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CharrnnError } from "../../../src/errors.ts";
import {
  blindLoss,
  classesGrownBy,
  classesOf,
  lossOf,
  numbersOf,
  outputCount,
  predictionOf,
  targetsOf,
} from "../../../src/tasks/examples/answers.ts";
import { momentsOf } from "../../../src/tasks/examples/scale.ts";
import { columns, exampleWith } from "./fixture.ts";

const labelled = (...labels: string[]) => labels.map((label) => exampleWith("a", label));

describe("the classes of a table", () => {
  it("are its labels, each once and in order", () => {
    expect(classesOf(labelled("b", "é", "B", "b", "a"), columns)).toEqual({ labels: ["B", "a", "b", "é"] });
  });

  it("are refused if there is one only", () => {
    expect(() => classesOf(labelled("x", "x"), columns)).toThrow(
      new CharrnnError(
        'the column "label" has one label only, "x": there is nothing to learn; name another column with --target',
      ),
    );
  });

  it("have one output if they are two, and else one each", () => {
    const [two, three] = [{ labels: ["a", "b"] }, { labels: ["a", "b", "c"] }];
    const number = { mean: 0, deviation: 1 };
    expect([two, three, number].map(outputCount)).toEqual([1, 3, 1]);
    expect([two, three, number].map(lossOf)).toEqual([
      { loss: "sigmoid" },
      { loss: "softmax" },
      { loss: "squares", scale: number },
    ]);
    expect([two, three, number].map(blindLoss)).toEqual([Math.log(2), Math.log(3), 1]);
  });
});

describe("classes that grow", () => {
  it("from two to three give the one output to the second, whose logit it is", () => {
    expect(classesGrownBy({ labels: ["b", "c"] }, labelled("a", "c"))).toEqual({
      answers: { labels: ["a", "b", "c"] },
      origins: [undefined, undefined, 0],
    });
  });

  it("from three to four keep their outputs, at their new places", () => {
    expect(classesGrownBy({ labels: ["a", "b", "d"] }, labelled("c", "a"))).toEqual({
      answers: { labels: ["a", "b", "c", "d"] },
      origins: [0, 1, undefined, 2],
    });
  });

  it("by no label stay as they are", () => {
    expect(classesGrownBy({ labels: ["a", "b"] }, labelled("b"))).toEqual({
      answers: { labels: ["a", "b"] },
      origins: [0],
    });
    expect(classesGrownBy({ labels: ["a", "b", "c"] }, [])).toEqual({
      answers: { labels: ["a", "b", "c"] },
      origins: [0, 1, 2],
    });
  });
});

describe("numbers to learn", () => {
  it("have the mean and the deviation of the training split, by n", () => {
    // Mean (1 + 3 + 8) / 3 = 4; squares 9 + 1 + 16 = 26.
    const { mean, deviation } = momentsOf([1, 3, 8]);
    expect(mean).toBeCloseTo(4, 14);
    expect(deviation).toBeCloseTo(Math.sqrt(26 / 3), 14);
    // Mean 2, squares 1 + 1.
    expect(numbersOf(labelled("1", " 3.0 "), columns)).toEqual({ mean: 2, deviation: 1 });
  });

  it("have the deviation 1 if they are all equal, without rounding", () => {
    const number = fc.double({ noNaN: true, min: -1e100, max: 1e100 });
    fc.assert(
      fc.property(number, fc.integer({ min: 1, max: 50 }), (value, count) => {
        const same = Array.from({ length: count }, () => value);
        expect(momentsOf(same)).toEqual({ mean: value, deviation: 1 });
      }),
    );
  });

  it("are refused if one is missing", () => {
    expect(() => numbersOf(labelled("1", "many"), columns)).toThrow(
      new CharrnnError(
        'texts.tsv, line 2, column "label" must be a number, but is "many": write a number such as -1.5, or take the line out',
      ),
    );
  });
});

describe("targets", () => {
  it("are the indices of labels", () => {
    const answers = { labels: ["no", "yes"] };
    expect(targetsOf(labelled("yes", "no", "yes"), answers, columns)).toEqual(Int32Array.of(1, 0, 1));
  });

  it("are numbers, in their units", () => {
    const answers = { mean: 10, deviation: 3 };
    expect(targetsOf(labelled("0.1", "-2e3"), answers, columns)).toEqual(Float64Array.of(0.1, -2000));
    expect(() => targetsOf(labelled(""), answers, columns)).toThrow(
      'texts.tsv, line 2, column "label" must be a number, but is ""',
    );
  });

  it("are refused if the model does not have the label", () => {
    const examples = [exampleWith("a", "maybe", { table: "-", line: 7 })];
    expect(() => targetsOf(examples, { labels: ["no", "yes"] }, columns)).toThrow(
      new CharrnnError(
        'standard input, line 7, column "label" is "maybe", which is no label of the model ("no", "yes"): correct it, or take the line out',
      ),
    );
    const ten = Array.from("abcdefghij");
    expect(() => targetsOf(examples, { labels: ten }, columns)).toThrow(
      '("a", "b", "c", "d", "e", "f", "g", "h" and 2 more)',
    );
  });
});

describe("a prediction", () => {
  it("of two classes has one logit, that of the second", () => {
    const answers = { labels: ["no", "yes"] };
    // 1 / (1 + e^-ln 3) = 1 / (1 + 1/3) = 3/4
    const yes = predictionOf(answers, [Math.log(3)]);
    expect(yes.answer).toBe(1);
    expect(yes.probabilities[0]).toBeCloseTo(1 / 4, 14);
    expect(yes.probabilities[1]).toBeCloseTo(3 / 4, 14);
    expect(predictionOf(answers, [-2]).answer).toBe(0);
    expect(predictionOf(answers, [0])).toEqual({ answer: 0, probabilities: [0.5, 0.5] });
    expect(predictionOf(answers, [1000])).toEqual({ answer: 1, probabilities: [0, 1] });
    expect(predictionOf(answers, [-1000])).toEqual({ answer: 0, probabilities: [1, 0] });
  });

  it("of more classes is the softmax of their logits", () => {
    const answers = { labels: ["a", "b", "c"] };
    // e^logit: 1, 5 and 2, of 8. The same number more in each logit changes nothing.
    for (const more of [0, 700]) {
      const logits = Float64Array.of(more, Math.log(5) + more, Math.log(2) + more);
      const { answer, probabilities } = predictionOf(answers, logits);
      expect(answer).toBe(1);
      [1 / 8, 5 / 8, 2 / 8].forEach((probability, index) => {
        expect(probabilities[index]).toBeCloseTo(probability, 12);
      });
    }
  });

  it("of a number is in the unit of the numbers that were learned", () => {
    expect(predictionOf({ mean: 10, deviation: 3 }, [-0.5])).toEqual({ answer: 8.5, probabilities: [] });
  });
});
