import { describe, expect, it } from "vitest";
import { CharrnnError } from "../../../src/errors.ts";
import { conditionCodesOf, conditionWidth } from "../../../src/tasks/one-to-many/conditions.ts";
import { textWith } from "./fixture.ts";

const columns = ["country", "size"];
const training = [textWith(["Oz", "1"], "a"), textWith(["Arda", "3"], "b")];
const all = [...training, textWith(["Narnia", "5"], "c")];

describe("the columns of conditions", () => {
  it("have the labels of all examples, in order; numbers have the mean and deviation of the training split", () => {
    expect(conditionCodesOf(all, training, columns, undefined)).toEqual([
      { labels: ["Arda", "Narnia", "Oz"] },
      { mean: 2, deviation: 1 },
    ]);
  });

  it("have labels if one value is no number", () => {
    const mixed = [...all, textWith(["Oz", "big"], "d")];
    expect(conditionCodesOf(mixed, training, columns, undefined)[1]).toEqual({
      labels: ["1", "3", "5", "big"],
    });
  });

  it("have labels that look like numbers, if labels are asked for", () => {
    expect(conditionCodesOf(all, training, columns, "label")[1]).toEqual({ labels: ["1", "3", "5"] });
  });

  it("are refused if numbers are asked for where there are none", () => {
    expect(() => conditionCodesOf(all, training, columns, "number")).toThrow(
      new CharrnnError(
        'texts.tsv, line 2, column "country" must be a number, but is "Oz": write a number such as -1.5, or take the line out',
      ),
    );
  });

  it("take an input for each label, and one for a number", () => {
    expect(conditionWidth([{ labels: ["x", "y", "z"] }, { mean: 0, deviation: 1 }])).toBe(4);
  });
});
