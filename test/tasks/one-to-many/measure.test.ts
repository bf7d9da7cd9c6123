import { expect, it } from "vitest";
import { encodeTexts } from "../../../src/tasks/one-to-many/code.ts";
import { measureTexts } from "../../../src/tasks/one-to-many/measure.ts";
import { code, textWith } from "./fixture.ts";

it("texts are scored over symbols and ends; bits are divided by symbols alone; a text counts if all of it is right", () => {
  // Targets: a, b, end; b, end. The second text is wrong at its end.
  const examples = encodeTexts([textWith(["y", "14"], "ab"), textWith(["x", "9"], "b")], code, "error");
  const losses = Float32Array.from([1, 0.5, 0.5, 2, 1]);
  const predictions = Int32Array.from([0, 1, 2, 1, 0]);
  // 5 nats over 5 steps, and over 3 symbols.
  expect(measureTexts({ losses, predictions }, examples)).toEqual({
    loss: 1,
    bitsPerCharacter: 5 / Math.LN2 / 3,
    accuracy: 0.5,
  });
});
