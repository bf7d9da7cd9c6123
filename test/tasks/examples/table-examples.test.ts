import { describe, expect, it } from "vitest";
import { CharrnnError, UsageError } from "../../../src/errors.ts";
import { type TableColumns } from "../../../src/tasks/examples/columns.ts";
import { stepCount, tableExamples, type TableExample } from "../../../src/tasks/examples/table-examples.ts";
import { inMemory } from "../../text/tables/in-memory.ts";
import { columns } from "./fixture.ts";

const numeric: TableColumns = { ...columns, input: ["x", "y"], kind: "number" };
const sequences: TableColumns = { ...numeric, sequence: "id", order: "time" };

async function examplesIn(
  content: string,
  given: Partial<TableColumns> = {},
  { name = "texts.csv", needsTarget = true } = {},
): Promise<TableExample[]> {
  const examples: TableExample[] = [];
  const source = inMemory(name, content);
  for await (const example of tableExamples(source, { ...columns, ...given }, needsTarget)) {
    examples.push(example);
  }
  return examples;
}

describe("the examples of a table", () => {
  it("are texts with their targets, and the lines where they begin", async () => {
    expect(await examplesIn('label,text\nx,"two\nlines"\ny, 🦊é\n')).toEqual([
      { steps: "two\nlines", target: "x", group: undefined, table: "texts.csv", line: 2 },
      { steps: " 🦊é", target: "y", group: undefined, table: "texts.csv", line: 4 },
    ]);
  });

  it("are texts for bytes too", async () => {
    const [{ steps }] = await examplesIn("text,label\né🦊,x\n", { kind: "byte" });
    expect(steps).toBe("é🦊");
  });

  it("are tokens between spaces, or those of a list", async () => {
    const spaced = await examplesIn("text,label\n the  cat sat ,x\n", { kind: "token" });
    expect(spaced[0].steps).toEqual(["the", "cat", "sat"]);
    const listed = await examplesIn('{"text": ["New York", "is", 7], "label": true}\n', { kind: "token" }, { name: "texts.jsonl" }); // prettier-ignore
    expect(listed[0]).toMatchObject({ steps: ["New York", "is", "7"], target: "true", line: 1 });
  });

  it("are a list's tokens with spaces between them if the model reads characters", async () => {
    const [{ steps }] = await examplesIn(
      '{"text": ["ab", "c"], "label": "x"}\n',
      {},
      { name: "texts.jsonl" },
    );
    expect(steps).toBe("ab c");
  });

  it("are rows of numbers, in the order in which their columns are named", async () => {
    const examples = await examplesIn("y,label,x\n1.5,a, -2 \n1e3,b,.5\n", numeric);
    expect(examples.map(({ steps }) => steps)).toEqual([[[-2, 1.5]], [[0.5, 1000]]]);
    expect(examples.map(({ target }) => target)).toEqual(["a", "b"]);
  });

  it("have the groups of their column", async () => {
    const examples = await examplesIn("user,text,label\nu1,a,x\n,b,y\n", { group: "user" });
    expect(examples.map(({ group }) => group)).toEqual(["u1", ""]);
  });

  it("have empty targets if the table has none and needs none", async () => {
    const examples = await examplesIn("text\nab\n", {}, { needsTarget: false });
    expect(examples).toEqual([exampleAt(2, "ab")]);
    await expect(examplesIn("text\nab\n")).rejects.toThrow(
      new UsageError('texts.csv has no column "label"; it has "text"'),
    );
  });
});

function exampleAt(line: number, steps: string): TableExample {
  return { steps, target: "", group: undefined, table: "texts.csv", line };
}

describe("the sequences of a table", () => {
  const header = "id,time,x,y,label,user\n";

  it("are put together by their ids, in the order of their first rows", async () => {
    const rows = "b,1,1,2,yes,u\na,1,3,4,no,v\nb,2,5,6,yes,u\na,2,7,8,no,v\n";
    expect(await examplesIn(header + rows, { ...sequences, group: "user" })).toEqual([
      { steps: [[1, 2], [5, 6]], target: "yes", group: "u", table: "texts.csv", line: 2 },
      { steps: [[3, 4], [7, 8]], target: "no", group: "v", table: "texts.csv", line: 3 },
    ]); // prettier-ignore
  });

  it("are in the order of their column: 2 before 10, and equal numbers as they stand", async () => {
    const rows = "a,10,1,0,no,\na,2,2,0,no,\na,-1,3,0,no,\na,2,4,0,no,\n";
    const [{ steps, line }] = await examplesIn(header + rows, sequences);
    expect(steps).toEqual([[3, 0], [2, 0], [4, 0], [1, 0]]); // prettier-ignore
    expect(line).toBe(2);
  });

  it("are in the order of the table if no column orders them", async () => {
    const rows = "a,10,1,0,no,\na,2,2,0,no,\n";
    const [{ steps }] = await examplesIn(header + rows, { ...sequences, order: undefined });
    expect(steps).toEqual([[1, 0], [2, 0]]); // prettier-ignore
  });

  it("are refused if a row has another target", async () => {
    const rows = "a,1,1,0,no,\nb,1,1,0,no,\na,2,2,0,yes,\n";
    await expect(examplesIn(header + rows, sequences)).rejects.toThrow(
      new CharrnnError(
        'texts.csv, line 4, column "label" is "yes", but the sequence "a" begins at line 2 with "no": a sequence has one target',
      ),
    );
  });

  it.each([
    ["a,1,1,two,no,", 'texts.csv, line 2, column "y" must be a number, but is "two"'],
    ["a,soon,1,2,no,", 'texts.csv, line 2, column "time" must be a number, but is "soon"'],
  ])("are refused for %s, where a number must be", async (row, message) => {
    await expect(examplesIn(`${header}${row}\n`, sequences)).rejects.toThrow(
      new CharrnnError(`${message}: write a number such as -1.5, or take the line out`),
    );
  });

  it("are cut or refused by their rows", async () => {
    const rows = "a,3,1,0,no,\na,2,2,0,no,\na,1,3,0,no,\n";
    const [{ steps }] = await examplesIn(header + rows, { ...sequences, maxLength: 2, truncate: true });
    expect(steps).toEqual([[3, 0], [2, 0]]); // prettier-ignore
    await expect(examplesIn(header + rows, { ...sequences, maxLength: 2 })).rejects.toThrow(
      new CharrnnError(
        'texts.csv, line 2, column "x" has 3 steps: raise --max-length 2, or cut long examples with --truncate',
      ),
    );
  });
});

describe("an example", () => {
  it.each([
    ["char", ""],
    ["byte", ""],
    ["token", "  "],
  ] as const)("is refused if it has no %s", async (kind, text) => {
    await expect(examplesIn(`text,label\nab,x\n"${text}",y\n`, { kind })).rejects.toThrow(
      new CharrnnError(
        'texts.csv, line 3, column "text" is empty: give the example an input, or take the line out',
      ),
    );
  });

  it.each([
    ["char", "a🦊é", 3],
    ["byte", "a🦊é", 7], // 1 + 4 + 2
    ["token", "the cat sat", 3],
  ] as const)("of %s steps is refused if it is too long: %s has %d", async (kind, text, steps) => {
    const table = `text,label\n${text},x\n`;
    expect(await examplesIn(table, { kind, maxLength: steps })).toHaveLength(1);
    await expect(examplesIn(table, { kind, maxLength: steps - 1 })).rejects.toThrow(
      new CharrnnError(
        `texts.csv, line 2, column "text" has ${steps} steps: raise --max-length ${steps - 1}, or cut long examples with --truncate`,
      ),
    );
  });

  it.each([
    ["char", "a🦊éb", 2, "a🦊"],
    // a has 1 byte, the fox 4 and é 2. A character that would end after the length is left out, and all after it.
    ["byte", "a🦊éb", 6, "a🦊"],
    ["byte", "a🦊éb", 7, "a🦊é"],
    ["byte", "a🦊éb", 4, "a"],
    ["token", "the cat sat", 2, ["the", "cat"]],
    ["char", "ab", 2, "ab"],
  ] as const)("of %s steps is cut with --truncate: %s to %d", async (kind, text, maxLength, cut) => {
    const [{ steps }] = await examplesIn(`text,label\n${text},x\n`, { kind, maxLength, truncate: true });
    expect(steps).toEqual(cut);
  });

  it("is refused if it has no byte left, because its first character is longer", async () => {
    const cut = { kind: "byte", maxLength: 3, truncate: true } as const;
    await expect(examplesIn("text,label\n🦊,x\n", cut)).rejects.toThrow(
      new CharrnnError(
        'texts.csv, line 2, column "text" begins with a character of 4 bytes: raise --max-length 3, or take the line out',
      ),
    );
  });

  it.each([
    ["", '""'],
    ["1 2", '"1 2"'],
    ["NaN", '"NaN"'],
    ["0x10", '"0x10"'],
    ["1e999", '"1e999"'],
  ])("is refused if a number is %j", async (cell, shown) => {
    await expect(examplesIn(`x,y,label\n1,2,a\n1,${cell},a\n`, numeric)).rejects.toThrow(
      new CharrnnError(
        `texts.csv, line 3, column "y" must be a number, but is ${shown}: write a number such as -1.5, or take the line out`,
      ),
    );
  });

  it("is refused if a number or a target is a list", async () => {
    const name = "texts.jsonl";
    await expect(examplesIn('{"x": [1], "y": 2, "label": 3}\n', numeric, { name })).rejects.toThrow(
      new CharrnnError(
        'texts.jsonl, line 1, column "x" must be a number, but is ["1"]: write a number such as -1.5, or take the line out',
      ),
    );
    await expect(examplesIn('{"text": "a", "label": ["x"]}\n', {}, { name })).rejects.toThrow(
      new CharrnnError('texts.jsonl, line 1, column "label" has a list where one label or number must be'),
    );
  });

  it("of standard input is named so", async () => {
    await expect(examplesIn("text,label\n,x\n", { format: "csv" }, { name: "-" })).rejects.toThrow(
      new CharrnnError(
        'standard input, line 2, column "text" is empty: give the example an input, or take the line out',
      ),
    );
  });
});

describe("stepCount", () => {
  it("counts code points, bytes, tokens or rows", () => {
    expect(stepCount("a🦊", "char")).toBe(2);
    expect(stepCount("a🦊", "byte")).toBe(5);
    expect(stepCount(["New York", "is"], "token")).toBe(2);
    expect(stepCount([[1, 2, 3]], "number")).toBe(1);
  });
});
