import { vocabularyOf } from "../../../src/text/text-vocabulary.ts";
import { describe, expect, it } from "vitest";
import { CharrnnError, UsageError } from "../../../src/errors.ts";
import { type InputKind, type TableColumns } from "../../../src/tasks/examples/columns.ts";
import {
  encodeSteps,
  grownBy,
  inputCodeOf,
  inputSizes,
  vocabularyMember,
  type InputCode,
} from "../../../src/tasks/examples/inputs.ts";
import { type Steps } from "../../../src/tasks/task.ts";
import { type OnUnknown } from "../../../src/text/vocabulary.ts";
import { columns, exampleWith } from "./fixture.ts";

const inputs = (...steps: Steps[]) => steps.map((own) => exampleWith(own, "x"));
const kindOf = (kind: InputKind): TableColumns => ({ ...columns, kind });
const numeric: TableColumns = { ...columns, input: ["x", "y"], kind: "number" };

/** The code of all these steps, of which the first example is the training split. */
function codeOf(kind: InputKind, steps: readonly Steps[], minCount = 1): InputCode {
  const examples = inputs(...steps);
  return inputCodeOf(examples, examples.slice(0, 1), kind === "number" ? numeric : kindOf(kind), minCount);
}

function encoded(steps: readonly Steps[], kind: InputKind, code: InputCode, onUnknown: OnUnknown = "error") {
  return encodeSteps(inputs(...steps), code, kind === "number" ? numeric : kindOf(kind), onUnknown);
}

describe("the vocabulary of a table", () => {
  it.each([
    ["char", ["ba", "b🦊"], ["a", "b", "🦊"]],
    ["byte", ["ba", "é"], [97, 98, 0xc3, 0xa9].sort((a, b) => a - b)],
    ["token", [["the", "cat"], ["The", "cat"]], ["The", "cat", "the"]], // prettier-ignore
  ] as const)("has the %s symbols of all splits, in order", (kind, steps, symbols) => {
    const code = codeOf(kind, steps);
    expect(vocabularyMember(code)).toEqual({ unit: kind, symbols });
    expect(inputSizes(code)).toEqual({ inputs: symbols.length });
  });

  it.each([
    ["char", ["aab", "bc"], ["a", "b", null]],
    ["byte", ["aab", "bc"], [97, 98, null]],
    ["token", [["a", "b"], ["b", "c"], ["a"]], ["a", "b", null]], // prettier-ignore
  ] as const)(
    "makes rare %s symbols one unknown symbol, which counts as an input",
    (kind, steps, symbols) => {
      const code = codeOf(kind, steps, 2);
      expect(vocabularyMember(code)).toEqual({ unit: kind, symbols });
      expect(inputSizes(code)).toEqual({ inputs: 3 });
    },
  );

  it.each([
    ["char", ["ab"], "--min-count 2 leaves no symbol of the corpus; give a smaller number"],
    ["token", [["a", "b"]], "--min-count 2 leaves no token of the data; give a smaller number"],
  ] as const)("is refused if all %s symbols are rare", (kind, steps, message) => {
    expect(() => codeOf(kind, steps, 2)).toThrow(new UsageError(message));
  });

  it.each(["char", "byte", "token"] as const)("of %s symbols comes back from a checkpoint", (kind) => {
    const json = vocabularyMember(codeOf(kind, [kind === "token" ? ["b", "a", "a"] : "baa"], 2));
    expect(vocabularyMember({ vocabulary: vocabularyOf(json) })).toEqual(json);
  });
});

describe("the scales of numbers", () => {
  it("are the mean and the deviation by n of each column, over the steps of the training split only", () => {
    const training: Steps = [[1, 5], [3, 5]]; // prettier-ignore
    const code = codeOf("number", [training, [[100, 100]]]);
    // x: mean 2, squares 1 + 1 of 2. y is constant, so it is divided by 1.
    expect(code).toEqual({ scales: [{ mean: 2, deviation: 1 }, { mean: 5, deviation: 1 }] }); // prettier-ignore
    expect(inputSizes(code)).toEqual({ inputs: 2, numeric: true });
    expect(vocabularyMember(code)).toEqual({ unit: "number", symbols: [] });
  });

  it("standardise the numbers of all splits", () => {
    const code = { scales: [{ mean: 2, deviation: 4 }, { mean: -1, deviation: 0.5 }] }; // prettier-ignore
    // (10 - 2) / 4 = 2, (0 + 1) / 0.5 = 2; (2 - 2) / 4 = 0, (-2 + 1) / 0.5 = -2; (0 - 2) / 4 = -0.5, (-1 + 1) / 0.5 = 0
    expect(encoded([[[10, 0], [2, -2]], [[0, -1]]], "number", code)).toEqual({
      starts: Uint32Array.of(0, 2, 3),
      steps: Float32Array.of(2, 2, 0, -2, -0.5, 0),
      width: 2,
      skipped: 0,
    }); // prettier-ignore
  });
});

describe("encoded steps", () => {
  it.each([
    ["char", ["b🦊", "a"], [1, 2, 0], [0, 2, 3]],
    // a is 0x61, b 0x62; the fox is f0 9f a6 8a. In order: a b 8a 9f a6 f0.
    ["byte", ["b🦊", "a"], [1, 5, 3, 4, 2, 0], [0, 5, 6]],
    ["token", [["b", "🦊"], ["a"]], [1, 2, 0], [0, 2, 3]], // prettier-ignore
  ] as const)("of %s examples stand one after the other", (kind, steps, symbols, starts) => {
    expect(encoded(steps, kind, codeOf(kind, steps))).toEqual({
      starts: Uint32Array.from(starts),
      steps: Int32Array.from(symbols),
      width: 1,
      skipped: 0,
    });
  });

  it.each([
    ["char", ["aab"], "ac"],
    ["byte", ["aab"], "ac"],
    ["token", [["a", "a", "b"]], ["a", "c"]],
  ] as const)("map what the %s vocabulary lacks to its unknown symbol", (kind, known, steps) => {
    for (const onUnknown of ["error", "skip"] as const) {
      const { steps: symbols, skipped } = encoded([steps], kind, codeOf(kind, known, 2), onUnknown);
      expect(symbols).toEqual(Int32Array.of(0, 1));
      expect(skipped).toBe(0);
    }
  });

  it.each([
    ["char", ["ab"], "aéb"],
    ["byte", ["ab"], "aéb"],
    ["token", [["a", "b"]], ["a", "é", "b"]],
  ] as const)(
    "leave out what the %s vocabulary lacks, and count it, if it is skipped",
    (kind, known, steps) => {
      const code = codeOf(kind, known);
      const read = encoded([steps, steps], kind, code, "skip");
      expect(read.steps).toEqual(Int32Array.of(0, 1, 0, 1));
      expect(read.starts).toEqual(Uint32Array.of(0, 2, 4));
      expect(read.skipped).toBe(kind === "byte" ? 4 : 2); // é has two bytes
    },
  );

  it("are refused if the vocabulary lacks a character", () => {
    expect(() => encoded(["a", "aé"], "char", codeOf("char", ["ab"]))).toThrow(
      new CharrnnError(
        '"é" (U+00E9) at offset 1 of texts.tsv, line 2, column "text" is not in the model\'s vocabulary; remove it, or skip it with --unknown skip',
      ),
    );
  });

  it("are refused if the vocabulary lacks a token", () => {
    expect(() => encoded([["the", "dog"]], "token", codeOf("token", [["the", "cat"]]))).toThrow(
      new CharrnnError(
        'texts.tsv, line 2, column "text" has the token "dog", which the model does not know: take it out, or skip it with --unknown skip',
      ),
    );
  });

  it.each([
    ["char", ["ab"], "éé"],
    ["token", [["a"]], ["é"]],
  ] as const)("are refused if skipping leaves no %s of an example", (kind, known, steps) => {
    expect(() => encoded([steps], kind, codeOf(kind, known), "skip")).toThrow(
      new CharrnnError(
        'texts.tsv, line 2, column "text" has no symbol that the model knows: take the line out',
      ),
    );
  });
});

describe("a code that grows", () => {
  it.each([
    ["char", "bd", "cab", ["a", "b", "c", "d"]],
    ["byte", "bd", "cab", [97, 98, 99, 100]],
    ["token", ["b", "d"], ["c", "a", "b"], ["a", "b", "c", "d"]],
  ] as const)(
    "has the new %s symbols too, and says where the old ones were",
    (kind, known, steps, symbols) => {
      const { code, origins } = grownBy(codeOf(kind, [known]), inputs(steps));
      expect(vocabularyMember(code)).toEqual({ unit: kind, symbols });
      expect(origins).toEqual([undefined, 0, undefined, 1]);
    },
  );

  it.each([
    ["char", "aab", "bc", ["a", "b", "c", null]],
    ["token", ["a", "a", "b"], ["b", "c"], ["a", "b", "c", null]],
  ] as const)("keeps the unknown %s symbol as its last", (kind, known, steps, symbols) => {
    const { code, origins } = grownBy(codeOf(kind, [known], 2), inputs(steps));
    expect(vocabularyMember(code)).toEqual({ unit: kind, symbols });
    expect(origins).toEqual([0, undefined, undefined, 1]);
  });

  it("of numbers stays as it is", () => {
    const code = { scales: [{ mean: 2, deviation: 4 }, { mean: -1, deviation: 0.5 }] }; // prettier-ignore
    expect(grownBy(code, inputs([[7, 8]]))).toEqual({ code, origins: [0, 1] });
  });
});
