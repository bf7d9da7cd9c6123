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
      { steps: "two\nlines", targets: ["x"], group: undefined, table: "texts.csv", line: 2 },
      { steps: " 🦊é", targets: ["y"], group: undefined, table: "texts.csv", line: 4 },
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
    expect(listed[0]).toMatchObject({ steps: ["New York", "is", "7"], targets: ["true"], line: 1 });
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
    expect(examples.map(({ targets }) => targets)).toEqual([["a"], ["b"]]);
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

describe("the tags of an example", () => {
  const tagged = { tags: "step" } as const;
  const tokens = { tags: "token" } as const;
  const conll = { name: "texts.conllu" };
  const words = { input: ["form"], target: "upos" };
  const line = (id: number, form: string, upos: string) => `${id}\t${form}\t_\t${upos}${"\t_".repeat(6)}`;
  const sentence = [line(1, "Ein", "DET"), line(2, "Fuß", "NOUN"), line(3, "!", "PUNCT"), "", ""].join("\n");

  it("are the characters of the target: one for each of the input", async () => {
    const [example] = await examplesIn("text,label\n🦊é x,ab-c\n", tagged);
    expect(example).toMatchObject({ steps: "🦊é x", targets: ["a", "b", "-", "c"] });
    expect(example.tokens).toBeUndefined();
  });

  it("are those of tokens in CoNLL-U, whose characters are the steps, with a space between two tokens", async () => {
    const [example] = await examplesIn(sentence, { ...tokens, ...words }, conll);
    expect(example).toMatchObject({ steps: "Ein Fuß !", targets: ["DET", "NOUN", "PUNCT"] });
    expect(example.tokens).toEqual(["Ein", "Fuß", "!"]);
  });

  it("are those of tokens that are the steps themselves", async () => {
    const [example] = await examplesIn("text,label\n ab  c ,X Y\n", { ...tagged, kind: "token" });
    expect(example).toMatchObject({ steps: ["ab", "c"], targets: ["X", "Y"] });
  });

  it("are split at spaces, as the input is, if they are those of tokens", async () => {
    const [example] = await examplesIn("text,label\n ab  c ,X Y\n", tokens);
    expect(example).toMatchObject({ steps: "ab c", tokens: ["ab", "c"], targets: ["X", "Y"] });
  });

  it("are those of a sequence's rows, in their order", async () => {
    const rows = "id,time,x,y,label\na,2,1,2,up\na,1,3,4,down\n";
    const [example] = await examplesIn(rows, { ...sequences, ...tagged });
    expect(example).toMatchObject({ steps: [[3, 4], [1, 2]], targets: ["down", "up"] }); // prettier-ignore
  });

  it("are none where the table has no such column and needs none", async () => {
    const [example] = await examplesIn("text\nab c\n", tokens, { needsTarget: false });
    expect(example).toMatchObject({ tokens: ["ab", "c"], targets: [] });
  });

  it.each([
    ["text,label\nabc,xy\n", tagged, "2 tags for 3 characters"],
    ["text,label\na b c,x y z w\n", tokens, "4 tags for 3 tokens"],
  ])("must be as many as the steps: %j", async (table, given, counts) => {
    await expect(examplesIn(table, given)).rejects.toThrow(
      new CharrnnError(`texts.csv, line 2, column "label" has ${counts}: there must be one tag for each`),
    );
  });

  it("are refused as a list where they belong to characters", async () => {
    const list = '{"text": ["ab", "c"], "label": ["X", "Y"]}\n';
    await expect(examplesIn(list, tagged, { name: "texts.jsonl" })).rejects.toThrow(
      new CharrnnError(
        'texts.jsonl, line 1, column "text" has a list where one label or number must be: add --target-tokens',
      ),
    );
  });

  it("are refused if not even the first token fits", async () => {
    const short = { ...tokens, maxLength: 2, truncate: true };
    await expect(examplesIn("text,label\nabc d,X Y\n", short)).rejects.toThrow(
      new CharrnnError(
        'texts.csv, line 2, column "text" begins with a token of 3 characters, more than --max-length 2: raise --max-length, or take the line out',
      ),
    );
  });

  it("are cut with their steps; a token is kept whole or left out", async () => {
    const short = { maxLength: 5, truncate: true };
    const [letters] = await examplesIn("text,label\nabcdefg,1234567\n", { ...tagged, ...short });
    expect(letters).toMatchObject({ steps: "abcde", targets: ["1", "2", "3", "4", "5"] });
    // "ab cd efg" is cut to "ab cd"; "ab cdefg" is cut to "ab cd", but cd is no token.
    const [whole, part] = await examplesIn("text,label\nab cd efg,X Y Z\nab cdefg,X Y\n", {
      ...tokens,
      ...short,
    });
    expect(whole).toMatchObject({ steps: "ab cd", tokens: ["ab", "cd"], targets: ["X", "Y"] });
    expect(part).toMatchObject({ steps: "ab", tokens: ["ab"], targets: ["X"] });
  });
});

function exampleAt(line: number, steps: string): TableExample {
  return { steps, targets: [], group: undefined, table: "texts.csv", line };
}

describe("the sequences of a table", () => {
  const header = "id,time,x,y,label,user\n";

  it("are put together by their ids, in the order of their first rows", async () => {
    const rows = "b,1,1,2,yes,u\na,1,3,4,no,v\nb,2,5,6,yes,u\na,2,7,8,no,v\n";
    expect(await examplesIn(header + rows, { ...sequences, group: "user" })).toEqual([
      { steps: [[1, 2], [5, 6]], targets: ["yes"], group: "u", table: "texts.csv", line: 2 },
      { steps: [[3, 4], [7, 8]], targets: ["no"], group: "v", table: "texts.csv", line: 3 },
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
        'texts.csv, line 4, column "label" is "yes", but the sequence "a" begins at line 2 with "no": give all rows of a sequence the same target',
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
        'texts.csv, line 2, column "x" has 3 steps, more than --max-length 2: raise --max-length, or cut long examples with --truncate',
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
        `texts.csv, line 2, column "text" has ${steps} steps, more than --max-length ${steps - 1}: raise --max-length, or cut long examples with --truncate`,
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
        'texts.csv, line 2, column "text" begins with a character of 4 bytes, more than --max-length 3: raise --max-length, or take the line out',
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
