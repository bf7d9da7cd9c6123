import { describe, expect, it } from "vitest";
import { type Checkpoint } from "../../../src/checkpoint/format.ts";
import { CharrnnError } from "../../../src/errors.ts";
import { type Answers } from "../../../src/tasks/examples/answers.ts";
import { type TableColumns } from "../../../src/tasks/examples/columns.ts";
import {
  encode,
  encodeInputs,
  encoderOf,
  lengthIn,
  membersOf,
  networkSizes,
  type Encoder,
} from "../../../src/tasks/examples/encoder.ts";
import { inputCodeOf } from "../../../src/tasks/examples/inputs.ts";
import { type TableExample } from "../../../src/tasks/examples/table-examples.ts";
import { columns, exampleWith } from "./fixture.ts";

/** The encoder of a table that has these examples. */
function encoderFor(
  examples: readonly TableExample[],
  answers: Answers,
  given: Partial<TableColumns> = {},
  minCount = 1,
): Encoder {
  const all = { ...columns, ...given };
  return { columns: all, inputs: inputCodeOf(examples, examples, all, minCount), answers };
}

/** The checkpoint that keeps an encoder, as it comes from a file. `task`: members in place of its own. */
function checkpointOf(encoder: Encoder, task: object = {}, members: object = {}): Checkpoint {
  const kept = membersOf(encoder);
  const written = { ...kept, task: { name: "many-to-one", ...kept.task, ...task }, ...members };
  return JSON.parse(JSON.stringify(written)) as Checkpoint;
}

const labels = ["no", "yes"];
const texts = [exampleWith("abba", "yes"), exampleWith("c", "no")];
const tokens = [exampleWith(["the", "cat", "the"], "yes"), exampleWith(["cat"], "no")];
const numbers = [exampleWith([[1, 10], [3, 10]], "1"), exampleWith([[5, 10]], "3")]; // prettier-ignore

const pair = { input: ["x", "y"], kind: "number" } as const;

const tokensOfText = exampleWith("ab c", "", { tokens: ["ab", "c"], targets: ["yes", "no"] });
const tagged = { tags: "token" } as const;

describe("tags", () => {
  it("belong to all characters of their token, and no tag belongs to a space", () => {
    const encoder = encoderFor([tokensOfText], { labels }, tagged);
    const { steps, tags, targets, starts } = encode([tokensOfText, tokensOfText], encoder, "error");
    // The vocabulary is " ", a, b, c.
    expect([...steps]).toEqual([1, 2, 0, 3, 1, 2, 0, 3]);
    expect([...starts]).toEqual([0, 4, 8]);
    expect([...(tags ?? [])]).toEqual([0, 0, -1, 1, 0, 0, -1, 1]);
    expect([...targets]).toEqual([1, 1, -1, 0, 1, 1, -1, 0]);
  });

  it("stay with their tokens when an unknown character is skipped", () => {
    const encoder = encoderFor([exampleWith("a c", "yes")], { labels }, tagged);
    const { steps, tags, skipped } = encode([tokensOfText], encoder, "skip");
    expect([...steps]).toEqual([1, 0, 2]);
    expect([...(tags ?? [])]).toEqual([0, -1, 1]);
    expect(skipped).toBe(1);
  });

  it("are refused with a token of which the model knows nothing", () => {
    const encoder = encoderFor([exampleWith("ab ", "yes")], { labels }, tagged);
    expect(() => encode([tokensOfText], encoder, "skip")).toThrow(
      new CharrnnError(
        'texts.tsv, line 2, column "text" has "c", which has no symbol that the model knows: take the line out',
      ),
    );
  });

  it("are numbers too", () => {
    const rows = exampleWith([[1, 10], [3, 10]], "", { targets: ["0.5", "-2"] }); // prettier-ignore
    const encoder = encoderFor([rows], { mean: 2, deviation: 1 }, { ...pair, tags: "step", sequence: "id" });
    const { targets, tags, width } = encode([rows], encoder, "error");
    expect([...targets]).toEqual([0.5, -2]);
    expect([...(tags ?? [])]).toEqual([0, 1]);
    expect(width).toBe(2);
  });

  it("that the model does not know are named", () => {
    const encoder = encoderFor([tokensOfText], { labels: ["yes", "maybe"] }, tagged);
    expect(() => encode([tokensOfText], encoder, "error")).toThrow(
      new CharrnnError(
        'texts.tsv, line 2, column "label" has "no", which is no label of the model ("yes", "maybe"): ' +
          "correct it, or take the line out",
      ),
    );
  });
});

describe("an encoder in a checkpoint", () => {
  it.each([
    ["text", texts, encoderFor(texts, { labels })],
    ["text with an unknown symbol", texts, encoderFor(texts, { labels }, {}, 2)],
    ["bytes", texts, encoderFor(texts, { labels: ["maybe", ...labels] }, { kind: "byte", truncate: true })],
    ["tokens", tokens, encoderFor(tokens, { labels }, { kind: "token", format: "jsonl", group: "user" })],
    ["tokens, one unknown", tokens, encoderFor(tokens, { labels }, { kind: "token" }, 2)],
    [
      "sequences of numbers",
      numbers,
      encoderFor(numbers, { mean: 2, deviation: 1 }, { ...pair, sequence: "id", order: "time" }),
    ],
    ["tagged tokens", [tokensOfText], encoderFor([tokensOfText], { labels }, tagged)],
    [
      "rows of numbers",
      numbers,
      encoderFor(numbers, { mean: 2, deviation: 0.1 }, { ...pair, header: true, format: "tsv" }),
    ],
  ] as const)("encodes %s as it did before", (_, examples, encoder) => {
    const read = encoderOf(checkpointOf(encoder));
    expect(read.columns).toEqual(encoder.columns);
    expect(read.answers).toEqual(encoder.answers);
    expect(encode(examples, read, "error")).toEqual(encode(examples, encoder, "error"));
    expect(membersOf(read)).toEqual(membersOf(encoder));
    expect(networkSizes(read)).toEqual(networkSizes(encoder));
  });

  it("keeps the sizes of the network, the columns, the scales and the answers", () => {
    // x: 1, 3, 5 have the mean 3 and the squares 4 + 0 + 4 of 3. y is always 10.
    const { vocabulary, task } = membersOf(encoderFor(numbers, { mean: 2, deviation: 1 }, pair));
    expect(vocabulary).toEqual({ unit: "number", symbols: [] });
    expect(task).toEqual({
      inputs: 2,
      outputs: 1,
      numeric: true,
      table: { ...columns, ...pair },
      scales: [
        { mean: 3, deviation: expect.closeTo(Math.sqrt(8 / 3), 14) as number },
        { mean: 10, deviation: 1 },
      ],
      answers: { mean: 2, deviation: 1 },
    });
    expect(membersOf(encoderFor(texts, { labels })).task).toEqual({
      inputs: 3,
      outputs: 1,
      table: columns,
      answers: { labels },
    });
  });
});

describe("a checkpoint is refused", () => {
  const text = encoderFor(texts, { labels });
  const numeric = encoderFor(numbers, { labels: ["1", "3"] }, pair);
  const unreadable = "it does not say how to read a table";
  const noAnswers = "it has neither labels nor the mean and deviation of a number";
  const noScales = "its scales are not means and deviations";
  const otherSizes = "its numbers of inputs and outputs do not fit its data";
  const otherColumns = "its columns do not fit its inputs";

  function expectRefusal(checkpoint: Checkpoint, reason: string) {
    expect(() => encoderOf(checkpoint)).toThrow(
      new CharrnnError(`the task of the checkpoint is invalid: ${reason}; use another checkpoint`),
    );
  }

  it("if it has no task, or the task no table", () => {
    expectRefusal(checkpointOf(text, {}, { task: undefined }), unreadable);
    for (const table of [undefined, null, 1, "text", ["text"]]) {
      expectRefusal(checkpointOf(text, { table }), unreadable);
    }
  });

  it.each([
    { format: "xml" },
    { format: 1 },
    { header: "yes" },
    { input: undefined },
    { input: "text" },
    { input: [1] },
    { target: undefined },
    { target: ["label"] },
    { kind: undefined },
    { kind: "word" },
    { sequence: 1 },
    { order: ["time"] },
    { group: true },
    { maxLength: undefined },
    { maxLength: "100" },
    { truncate: 1 },
  ])("if its table has %j", (members) => {
    expectRefusal(checkpointOf(text, { table: { ...columns, ...members } }), unreadable);
  });

  it.each([
    [undefined, unreadable],
    [["no", "yes"], unreadable],
    [{}, noAnswers],
    [{ labels: "no" }, noAnswers],
    [{ labels: ["no"] }, noAnswers],
    [{ labels: ["no", 1] }, noAnswers],
    [{ mean: 1 }, noAnswers],
    [{ mean: "1", deviation: 1 }, noAnswers],
    [{ mean: 1, deviation: null }, noAnswers],
    [{ labels: ["a", "b", "c"] }, otherSizes],
  ])("if its answers are %j", (answers, reason) => {
    expectRefusal(checkpointOf(text, { answers }), reason);
  });

  it.each([
    [null, noScales],
    [{ mean: 1, deviation: 1 }, noScales],
    [[1, 2], noScales],
    [[{ mean: 1 }, { mean: 1, deviation: 1 }], noScales],
    [[{ mean: 1, deviation: "1" }], noScales],
    [[{ mean: 1, deviation: 1 }], otherSizes],
    [[], otherSizes],
  ])("if its scales are %j", (scales, reason) => {
    expectRefusal(checkpointOf(numeric, { scales }), reason);
  });

  it.each([{ inputs: 4 }, { outputs: 2 }, { inputs: undefined }, { outputs: "1" }])(
    "if its sizes have %j",
    (sizes) => {
      expectRefusal(checkpointOf(text, sizes), otherSizes);
    },
  );

  it("if its columns do not fit its inputs", () => {
    for (const members of [{ kind: "byte" }, { kind: "token" }, { kind: "number" }, { input: ["a", "b"] }]) {
      expectRefusal(checkpointOf(text, { table: { ...columns, ...members } }), otherColumns);
    }
    for (const members of [{ kind: "char" }, { input: ["x"] }]) {
      expectRefusal(checkpointOf(numeric, { table: { ...columns, ...pair, ...members } }), otherColumns);
    }
  });

  it("if its vocabulary is invalid, or missing beside numbers without scales", () => {
    const broken = { vocabulary: { unit: "token", symbols: ["a", "a"] } };
    expect(() => encoderOf(checkpointOf(text, {}, broken))).toThrow(CharrnnError);
    expect(() => encoderOf(checkpointOf(numeric, { scales: undefined }))).toThrow(CharrnnError);
  });
});

describe("encoded examples", () => {
  it("have their steps, lengths and targets", () => {
    const examples = encode(texts, encoderFor(texts, { labels }), "error");
    expect(examples).toEqual({
      count: 2,
      starts: Uint32Array.of(0, 4, 5),
      steps: Int32Array.of(0, 1, 1, 0, 2),
      width: 1,
      skipped: 0,
      targets: Int32Array.of(1, 0),
    });
    expect([0, 1].map((index) => lengthIn(examples, index))).toEqual([4, 1]);
  });

  it("need no target if it is to be predicted", () => {
    const asked = [exampleWith("cab", "")];
    const { count, steps } = encodeInputs(asked, encoderFor(texts, { labels }), "error");
    expect(count).toBe(1);
    expect(steps).toEqual(Int32Array.of(2, 0, 1));
    expect(() => encode(asked, encoderFor(texts, { labels }), "error")).toThrow(
      "which is no label of the model",
    );
  });
});
