import { expect, it } from "vitest";
import { editDistance, scoreOutputs } from "../../../src/tasks/sequence-to-sequence/measure-outputs.ts";

const codes = (text: string) => Array.from(text, (letter) => letter.charCodeAt(0));

it.each([
  // k to s, e to i, and g.
  ["kitten", "sitting", 3],
  // Two insertions at the start; then one deletion inside.
  ["abc", "xyabc", 2],
  ["abc", "ac", 1],
  ["", "abc", 3],
  ["abc", "", 3],
  ["abc", "abc", 0],
])("the edit distance of %j and %j is %i", (one, other, distance) => {
  expect(editDistance(codes(one), codes(other))).toBe(distance);
  expect(editDistance(codes(other), codes(one))).toBe(distance);
});

it("accuracy counts whole outputs, and the error rate counts edits for each right symbol", () => {
  // One of two is right. The other one needs 3 edits; the right outputs have 7 + 3 symbols.
  const scores = scoreOutputs(["kitten", "abc"].map(codes), ["sitting", "abc"].map(codes));
  expect(scores).toEqual({ accuracy: 0.5, symbolErrorRate: 0.3 });
});
