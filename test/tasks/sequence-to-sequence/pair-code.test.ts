import { describe, expect, it } from "vitest";
import { type Checkpoint } from "../../../src/checkpoint/format.ts";
import { type TableColumns } from "../../../src/tasks/examples/columns.ts";
import { type TableExample } from "../../../src/tasks/examples/table-examples.ts";
import {
  encodePairInputs,
  encodePairs,
  outputText,
  pairCodeFrom,
  pairCodeOf,
  pairMembers,
} from "../../../src/tasks/sequence-to-sequence/pair-code.ts";

const columns: TableColumns = {
  input: ["word"],
  target: "phones",
  features: "tags",
  kind: "char",
  maxLength: 5,
  truncate: false,
};

function example(steps: string, target: string, features: readonly string[]): TableExample {
  return { steps, targets: [target], features, group: undefined, table: "words.tsv", line: 7 };
}

const examples = [example("ba", "B AA", ["PL"]), example("ab", "AA B B", ["V", "PST"])];
const code = pairCodeOf(examples, columns, { outputKind: "token", minCount: 1, maxOutput: 9 });

describe("the code of pairs", () => {
  it("puts the features before the input, and numbers their symbols after those of the input", () => {
    // Inputs: a = 0, b = 1; then the features in order: PL = 2, PST = 3, V = 4. Outputs: AA = 0, B = 1.
    const { inputs, outputs } = encodePairs(examples, code, "error");
    expect([...inputs.starts]).toEqual([0, 3, 7]);
    expect([...inputs.steps]).toEqual([2, 1, 0, 4, 3, 0, 1]);
    expect([...outputs.starts]).toEqual([0, 2, 5]);
    expect([...outputs.steps]).toEqual([1, 0, 0, 1, 1]);
    expect(outputText([0, 1, 1], code)).toBe("AA B B");
  });

  it("comes back from a checkpoint", () => {
    const { vocabulary, task } = pairMembers(code);
    const model = {
      cell: "gru",
      layers: 1,
      hidden: 3,
      embedding: 0,
      dropout: 0,
      attention: "luong",
    } as const;
    const checkpoint = JSON.parse(
      JSON.stringify({ model, vocabulary, task: { name: "sequence-to-sequence", ...task } }),
    ) as Checkpoint;
    const kept = pairCodeFrom(checkpoint);
    expect(pairMembers(kept)).toEqual(pairMembers(code));
    expect(task).toMatchObject({ inputs: 5, outputs: 3, maxOutput: 9 });
    expect(() => pairCodeFrom({ ...checkpoint, model: { ...model, attention: undefined } })).toThrow(
      "its model has no encoder and decoder",
    );
  });

  it("refuses a feature that the model does not know, unless it is skipped", () => {
    const other = [example("a", "B", ["PL", "SG"])];
    expect(() => encodePairInputs(other, code, "error")).toThrow(
      'words.tsv, line 7, column "tags" has the feature "SG", which the model does not know',
    );
    const { steps, skipped } = encodePairInputs(other, code, "skip");
    expect([...steps]).toEqual([2, 0]);
    expect(skipped).toBe(1);
  });

  it("refuses an output that is too long, or has a token that the model does not know", () => {
    expect(() => encodePairs([example("a", "B B B B B B", [])], code, "error")).toThrow(
      'words.tsv, line 7, column "phones" has 6 symbols, more than --max-length 5: raise --max-length',
    );
    expect(() => encodePairs([example("a", "B CH", [])], code, "error")).toThrow(
      'words.tsv, line 7, column "phones" has the token "CH", which the model does not know',
    );
  });
});
