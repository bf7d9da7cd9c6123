import { describe, expect, it } from "vitest";
import { CharrnnError } from "../../../src/errors.ts";
import { type TextColumns } from "../../../src/tasks/one-to-many/columns.ts";
import { conditionedTexts, type ConditionedText } from "../../../src/tasks/one-to-many/conditioned-texts.ts";
import { inMemory } from "../../text/tables/in-memory.ts";
import { code } from "./fixture.ts";

async function textsIn(content: string, given: Partial<TextColumns> = {}, name = "texts.csv") {
  const texts: ConditionedText[] = [];
  for await (const text of conditionedTexts(inMemory(name, content), { ...code.columns, ...given }))
    texts.push(text);
  return texts;
}

describe("the texts of a table", () => {
  it("come with their conditions, and their lines", async () => {
    expect(await textsIn("size,text,kind,user\n9,abba,x,u\n", { group: "user" })).toEqual([
      { conditions: ["x", "9"], steps: "abba", targets: [], group: "u", table: "texts.csv", line: 2 },
    ]);
  });

  it("are tokens between spaces if symbols are tokens", async () => {
    const [{ steps }] = await textsIn("size,text,kind\n9,a big dog,x\n", { kind: "token" });
    expect(steps).toEqual(["a", "big", "dog"]);
  });

  it.each([
    ["9,ab,\n", {}, 'column "kind" is empty: write a label or a number, or take the line out'],
    ["9,,x\n", {}, 'column "text" is empty: give the example an input, or take the line out'],
    [
      "9,abcdefghijk,x\n",
      {},
      'column "text" has 11 steps, more than --max-length 10: raise --max-length, or cut long examples with --truncate',
    ],
  ])("are refused: %j", async (row, given, message) => {
    await expect(textsIn(`size,text,kind\n${row}`, given)).rejects.toThrow(
      new CharrnnError(`texts.csv, line 2, ${message}`),
    );
  });

  it("are refused with a list as a condition", async () => {
    await expect(textsIn('{"size": [1], "text": "a", "kind": "x"}\n', {}, "texts.jsonl")).rejects.toThrow(
      new CharrnnError('texts.jsonl, line 1, column "size" has a list where one label or number must be'),
    );
  });
});
