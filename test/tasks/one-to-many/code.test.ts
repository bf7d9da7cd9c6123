import { describe, expect, it } from "vitest";
import { type Checkpoint, type TaskRecord } from "../../../src/checkpoint/format.ts";
import { CharrnnError } from "../../../src/errors.ts";
import { codeOf, encodeTexts, endOf, membersOf, networkSizes } from "../../../src/tasks/one-to-many/code.ts";
import { code, textWith } from "./fixture.ts";

const texts = [textWith(["y", "14"], "ab"), textWith(["x", "9"], "b")];

/** The inputs of every step, as a network reads them. */
function inputsOf({ starts, count, width, expand }: ReturnType<typeof encodeTexts>): number[][] {
  return Array.from({ length: starts[count] }, (_, step) => {
    const row = new Float32Array(width);
    expand?.(step, row);
    return [...row];
  });
}

describe("texts with their conditions", () => {
  it("are read as conditions first, then each symbol before; the end follows the last symbol", () => {
    const encoded = encodeTexts(texts, code, "error");
    expect([...encoded.starts]).toEqual([0, 3, 5]);
    // Inputs: x, y, the number, a, b. 14 is two deviations above the mean, 9 is half a deviation below it.
    expect(inputsOf(encoded)).toEqual([
      [0, 1, 2, 0, 0],
      [0, 0, 0, 1, 0],
      [0, 0, 0, 0, 1],
      [1, 0, -0.5, 0, 0],
      [0, 0, 0, 0, 1],
    ]);
    // a is 0, b is 1, the end is 2.
    expect([...encoded.targets]).toEqual([0, 1, 2, 1, 2]);
    expect([...(encoded.tags ?? [])]).toEqual([0, 1, 2, 0, 1]);
    expect(networkSizes(code)).toEqual({ inputs: 5, outputs: 3, numeric: true });
    expect(endOf(code)).toBe(2);
  });

  it("are read as conditions, then zeros, without feed-back", () => {
    const blind = { ...code, feedsBack: false };
    expect(inputsOf(encodeTexts(texts, blind, "error"))).toEqual([
      [0, 1, 2],
      [0, 0, 0],
      [0, 0, 0],
      [1, 0, -0.5],
      [0, 0, 0],
    ]);
    expect(networkSizes(blind)).toEqual({ inputs: 3, outputs: 3, numeric: true });
  });

  it("are shorter by the symbols that are skipped", () => {
    const encoded = encodeTexts([textWith(["x", "9"], "acb")], code, "skip");
    expect([...encoded.targets]).toEqual([0, 1, 2]);
    expect(encoded.skipped).toBe(1);
  });

  it.each([
    [
      "z",
      "9",
      'column "kind" is "z", which is no label of the model ("x", "y"): correct it, or take the line out',
    ],
    [
      "x",
      "big",
      'column "size" must be a number, but is "big": write a number such as -1.5, or take the line out',
    ],
  ])("are refused with %s and %s", (kind, size, message) => {
    expect(() => encodeTexts([textWith([kind, size], "a")], code, "error")).toThrow(
      new CharrnnError(`texts.tsv, line 2, ${message}`),
    );
  });
});

/** The checkpoint that keeps the code, as it comes from a file, with other members of its task. */
function checkpointWith(task: object = {}): Checkpoint {
  const members = membersOf(code);
  return JSON.parse(
    JSON.stringify({ ...members, task: { name: "one-to-many", ...members.task, ...task } }),
  ) as Checkpoint;
}

describe("a checkpoint", () => {
  it("keeps the code", () => {
    const read = codeOf(checkpointWith());
    expect(membersOf(read)).toEqual(membersOf(code));
    const { expand, ...encoded } = encodeTexts(texts, read, "error");
    const { expand: other, ...before } = encodeTexts(texts, code, "error");
    expect(encoded).toEqual(before);
    expect(inputsOf({ ...encoded, expand })).toEqual(inputsOf({ ...before, expand: other }));
  });

  it.each<[string, Partial<Record<keyof TaskRecord, unknown>>]>([
    ["it does not say how to read a table", { table: { input: ["kind"] } }],
    ["it does not say whether symbols are fed back", { feedBack: null }],
    ["it does not say what its texts are written from", { conditions: null }],
    [
      "a condition has neither labels nor a mean and a deviation",
      { conditions: [{ labels: [] }, { mean: 0 }] },
    ],
    ["its numbers of inputs and outputs do not fit its data", { inputs: 6 }],
    ["its numbers of inputs and outputs do not fit its data", { conditions: [{ labels: ["a", "b", "c"] }] }],
  ])("is refused because %s", (reason, task) => {
    expect(() => codeOf(checkpointWith(task))).toThrow(
      new CharrnnError(`the task of the checkpoint is invalid: ${reason}; use another checkpoint`),
    );
  });
});
