import { describe, expect, it } from "vitest";
import { BatchFiller, headFor } from "../../../src/tasks/examples/batch-filler.ts";
import { examplesOf } from "./fixture.ts";

const names = ["inputs", "last", "ends", "reversal", "targets", "weights"];
const shape = { batchSize: 3, steps: 3, names };
const labels = ["a", "b", "c"];
const examples = examplesOf([[5, 6, 7], [8], [3, 4]], [2, 0, 1]);

/** The values of each step: one for each row, or `width` in all. */
function steps(values: ArrayLike<number>, width = 3): number[][] {
  return Array.from({ length: values.length / width }, (_, t) =>
    Array.from(values).slice(t * width, (t + 1) * width),
  );
}

describe("a batch", () => {
  it("is time-major, and its rows end at their last steps", () => {
    const filler = new BatchFiller(examples, { answers: { labels }, isTagged: false }, shape);
    expect(filler.fill(Int32Array.of(2, 0, 1))).toBe(3);
    const { inputs, last, ends, reversal, targets, weights } = filler.values;
    // Row 0 is example 2 (3, 4), row 1 example 0 (5, 6, 7), row 2 example 1 (8). A line is one step.
    expect(steps(inputs)).toEqual([
      [3, 5, 8],
      [4, 6, 0],
      [0, 7, 0],
    ]);
    // Places t * 3 + b: row 0 ends at step 1, row 1 at step 2, row 2 at step 0.
    expect([...last]).toEqual([3, 7, 2]);
    expect(steps(ends)).toEqual([
      [-1, -1, 2],
      [0, -1, -1],
      [-1, 1, -1],
    ]);
    // Row 0 swaps its steps 0 and 1, row 1 its steps 0 and 2; padding stays.
    expect(steps(reversal)).toEqual([
      [3, 7, 2],
      [0, 4, 5],
      [6, 1, 8],
    ]);
    expect([...targets]).toEqual([1, 2, 0]);
    expect([...weights]).toEqual([1, 1, 1]);
  });

  it("of fewer examples has rows that do not count, and nothing of the batch before", () => {
    const filler = new BatchFiller(examples, { answers: { labels }, isTagged: false }, shape);
    filler.fill(Int32Array.of(0, 0, 0));
    expect(filler.fill(Int32Array.of(1))).toBe(1);
    const { inputs, last, ends, reversal, targets, weights } = filler.values;
    expect(steps(inputs)).toEqual([
      [8, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect([...last]).toEqual([0, 1, 2]);
    expect(steps(ends)).toEqual([
      [0, -1, -1],
      [-1, -1, -1],
      [-1, -1, -1],
    ]);
    expect(steps(reversal)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7, 8],
    ]);
    expect([...targets]).toEqual([0, -1, -1]);
    expect([...weights]).toEqual([1, 0, 0]);
  });

  it("counts the weights of its examples' classes", () => {
    const loss = { answers: { labels }, isTagged: false, classWeights: [0.5, 2, 4] };
    const filler = new BatchFiller(examples, loss, shape);
    // Examples 0 and 1 have the classes 2 and 0.
    expect(filler.fill(Int32Array.of(0, 1))).toBe(4.5);
    expect([...filler.values.weights]).toEqual([4, 0.5, 0]);
    expect(headFor(loss)).toEqual({ reads: "last", loss: "softmax", weighted: true });
  });

  it("holds rows of numbers, and numbers to learn as deviations from their mean", () => {
    const numeric = examplesOf(
      [
        [
          [1, 2],
          [3, 4],
        ],
        [[5, 6]],
      ],
      [16, 7],
    );
    const answers = { mean: 10, deviation: 3 };
    const filler = new BatchFiller(numeric, { answers, isTagged: false }, { batchSize: 3, steps: 2, names });
    expect(filler.fill(Int32Array.of(1, 0))).toBe(2);
    expect(steps(filler.values.inputs, 6)).toEqual([
      [5, 6, 1, 2, 0, 0],
      [0, 0, 3, 4, 0, 0],
    ]);
    expect([...filler.values.targets]).toEqual([-1, 2, 0]);
    expect([...filler.values.weights]).toEqual([1, 1, 0]);
    expect(headFor({ answers, isTagged: false })).toEqual({ reads: "last", loss: "squares", weighted: true });
  });

  it("has the target of every step that has a tag, and nothing else counts", () => {
    // Example 0 is 5, 6, 7 with the tags c, none, a; example 1 is 8 with the tag b; example 2 is 3, 4 with b, b.
    const tagged = {
      ...examplesOf([[5, 6, 7], [8], [3, 4]], []),
      tags: Int32Array.of(0, -1, 1, 0, 0, 1),
      targets: Int32Array.of(2, -1, 0, 1, 1, 1),
    };
    const loss = { answers: { labels }, isTagged: true, classWeights: [0.5, 2, 4] };
    const filler = new BatchFiller(tagged, loss, shape);
    // Row 0 is example 0 (4 + 0.5), row 1 is example 1 (2), row 2 is empty.
    expect(filler.fill(Int32Array.of(0, 1))).toBe(6.5);
    expect(steps(filler.values.targets)).toEqual([
      [2, 1, -1],
      [-1, -1, -1],
      [0, -1, -1],
    ]);
    expect(steps(filler.values.weights)).toEqual([
      [4, 2, 0],
      [0, 0, 0],
      [0.5, 0, 0],
    ]);
    expect(headFor(loss)).toEqual({ reads: "steps", loss: "softmax", weighted: true });
  });

  it("has one logit's targets for two classes, and only the tensors that are named", () => {
    const answers = { labels: ["no", "yes"] };
    const two = examplesOf([[1], [2]], [1, 0]);
    const filler = new BatchFiller(
      two,
      { answers, isTagged: false },
      { batchSize: 3, steps: 1, names: ["inputs", "targets"] },
    );
    filler.fill(Int32Array.of(0, 1));
    expect(filler.values).toEqual({ inputs: Int32Array.of(1, 2, 0), targets: Float32Array.of(1, 0, -1) });
    expect(headFor({ answers, isTagged: false })).toEqual({
      reads: "last",
      loss: "sigmoid",
      weighted: false,
    });
  });
});
