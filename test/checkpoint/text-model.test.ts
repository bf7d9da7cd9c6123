import { describe, expect, it } from "vitest";
import { textModelOf } from "../../src/checkpoint/text-model.ts";
import { charactersOf } from "../model/fixture.ts";

const vocabulary = charactersOf("ab\n");

describe("the text model of a checkpoint", () => {
  it("reads one long text without a task", () => {
    expect(textModelOf({ vocabulary })).toMatchObject({
      sizes: { inputs: 3, outputs: 3 },
      examples: undefined,
    });
  });

  it("ends lines with the line feed, and documents with a symbol after the vocabulary", () => {
    const name = "language-model";
    const lines = { name, inputs: 3, outputs: 3, examples: "lines", end: 0 };
    expect(textModelOf({ vocabulary, task: lines }).examples).toEqual({ kind: "lines", end: 0 });
    const documents = { name, inputs: 4, outputs: 4, examples: "documents", end: 3 };
    expect(textModelOf({ vocabulary, task: documents })).toMatchObject({
      sizes: { inputs: 4, outputs: 4 },
      examples: { kind: "documents", end: 3 },
    });
  });

  it.each([
    [{ inputs: 3, outputs: 3, examples: "pages", end: 0 }, /neither lines nor documents; update charrnn/],
    [{ inputs: 3, outputs: 3, examples: "lines", end: 1 }, /does not fit its vocabulary/],
    [{ inputs: 4, outputs: 4, examples: "lines", end: 0 }, /does not fit its vocabulary/],
    [{ inputs: 3, outputs: 3, examples: "documents", end: 3 }, /does not fit its vocabulary/],
  ])("refuses a task that does not fit: %j", (task, message) => {
    expect(() => textModelOf({ vocabulary, task: { name: "language-model", ...task } })).toThrow(message);
  });
});
