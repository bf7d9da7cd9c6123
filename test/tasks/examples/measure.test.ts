import { describe, expect, it } from "vitest";
import { type Answers } from "../../../src/tasks/examples/answers.ts";
import { type Examples } from "../../../src/tasks/examples/encoder.ts";
import { answersIn, measure, predictionAt } from "../../../src/tasks/examples/measure.ts";
import { examplesOf, textEncoder } from "./fixture.ts";

const labels = ["a", "b", "c"];

/** Two texts of tokens: one of 2 characters, a space and 1 character; and one token of 1 character. */
const tagged: Examples = {
  ...examplesOf([[0, 1, 2, 3], [4]], []),
  tags: Int32Array.of(0, 0, -1, 1, 0),
  targets: Int32Array.of(1, 1, -1, 2, 0),
};

const outputsOf = (rows: readonly (readonly number[])[], losses: readonly number[]) => ({
  outputs: Float32Array.from(rows.flat()),
  losses: Float32Array.from(losses),
});

describe("the places of answers", () => {
  it("are one for each example", () => {
    expect(answersIn(examplesOf([[0, 1], [2]], [0, 1]))).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  it("are the steps of each tag, without steps that have none", () => {
    expect(answersIn(tagged)).toEqual([
      [0, 2],
      [3, 4],
      [4, 5],
    ]);
  });

  it("end with their example, though the next one begins with a tag of the same number", () => {
    const two = { ...examplesOf([[0], [1, 2]], []), tags: Int32Array.of(0, 0, 0) };
    expect(answersIn(two)).toEqual([
      [0, 1],
      [1, 3],
    ]);
  });
});

describe("the prediction of several steps", () => {
  it("is the class with the highest sum of log-probabilities, though each step alone is of another mind", () => {
    // Sums of logits: 1, 1.5, -2. Probabilities are e^1, e^1.5, e^-2 over their sum.
    const outputs = outputsOf([[3, 0.7, 0], [-2, 0.8, -2]], []); // prettier-ignore
    const { answer, probabilities } = predictionAt([0, 2], outputs, { labels });
    expect(answer).toBe(1);
    const sum = Math.exp(1) + Math.exp(1.5) + Math.exp(-2);
    expect(probabilities.map((p) => p * sum)).toEqual(
      [1, 1.5, -2].map((x) => expect.closeTo(Math.exp(x), 5) as number),
    );
  });

  it("is the mean of their numbers", () => {
    // 10 + 4 (0.5 + 1) / 2
    const answers: Answers = { mean: 10, deviation: 4 };
    expect(predictionAt([1, 3], outputsOf([[9], [0.5], [1]], []), answers).answer).toBe(13);
  });
});

describe("the scores of tags", () => {
  // Token 1 (b): its steps say a and b, and the sums -1, 2, 0 say b. Token 2 (c): says a. Token 3 (a): says a.
  const rows = [[1, 0, 0], [-2, 2, 0], [9, 0, 0], [1, 0, 0], [5, 0, 0]]; // prettier-ignore
  const losses = [1, 2, 0, 3, 6];
  const measured = measure(outputsOf(rows, losses), tagged, textEncoder({ labels }));

  it("have the mean loss of the steps that have tags", () => {
    expect(measured.loss).toBe(3);
  });

  it("tell steps and tokens apart", () => {
    // Of the steps b, b, c, a the predictions are a, b, a, a; of the tokens b, c, a they are b, a, a.
    expect(measured).toMatchObject({ accuracy: 2 / 4, tokenAccuracy: 2 / 3 });
  });

  it("count each token once in the confusion", () => {
    expect(measured).toMatchObject({ confusion: [[1, 0, 0], [0, 1, 0], [1, 0, 0]] }); // prettier-ignore
  });
});
