import { describe, expect, it } from "vitest";
import { type SeriesColumns } from "../../../src/tasks/series/columns.ts";
import { lineRows, seriesOf, type SeriesRow } from "../../../src/tasks/series/series-table.ts";
import { inMemory } from "../../text/tables/in-memory.ts";

/** The rows of each series of a table, as [line, number, number, ...]. */
async function seriesIn(columns: SeriesColumns, content: string, name = "t.csv") {
  const all: number[][][] = [];
  for await (const { rows } of seriesOf(inMemory(name, content), columns)) all.push(await plain(rows));
  return all;
}

async function plain(rows: Iterable<SeriesRow> | AsyncIterable<SeriesRow>) {
  const collected: number[][] = [];
  for await (const { line, values } of rows) collected.push([line, ...values]);
  return collected;
}

const table = "id,day,x,y\na,2,1,10\nb,1,2,20\na,1,3,30\nb,2,4,40\n";

describe("the series of a table", () => {
  it("is the whole table, without a column that says otherwise", async () => {
    expect(await seriesIn({ input: ["x"] }, table)).toEqual([
      [
        [2, 1],
        [3, 2],
        [4, 3],
        [5, 4],
      ],
    ]);
  });

  it("are the rows that share a value of the column --sequence, in the order of their first rows", async () => {
    expect(await seriesIn({ input: ["y", "x"], sequence: "id" }, table)).toEqual([
      [
        [2, 10, 1],
        [4, 30, 3],
      ],
      [
        [3, 20, 2],
        [5, 40, 4],
      ],
    ]);
  });

  it("are put in order by the column --order, with --sequence or without", async () => {
    expect(await seriesIn({ input: ["x"], sequence: "id", order: "day" }, table)).toEqual([
      [
        [4, 3],
        [2, 1],
      ],
      [
        [3, 2],
        [5, 4],
      ],
    ]);
    // Rows of the same day keep their order.
    expect(await seriesIn({ input: ["x"], order: "day" }, table)).toEqual([
      [
        [3, 2],
        [4, 3],
        [2, 1],
        [5, 4],
      ],
    ]);
  });

  it("comes from JSON lines too", async () => {
    expect(await seriesIn({ input: ["x"] }, '{"x": 1.5}\n{"x": "-2e3"}\n', "t.jsonl")).toEqual([
      [
        [1, 1.5],
        [2, -2000],
      ],
    ]);
  });

  it.each([
    ["a gap", "x,y\n1,2\n,3\n", 't.csv, line 3, column "x" must be a number, but is ""'],
    ["a text", "x,y\n1,2\n1,n/a\n", 't.csv, line 3, column "y" must be a number, but is "n/a"'],
    ["a short row", "x,y\n1,2\n1\n", "t.csv, line 3"],
  ])("%s is an error that names line and column", async (_, content, message) => {
    await expect(seriesIn({ input: ["x", "y"] }, content)).rejects.toThrow(message);
    const ordered = seriesIn({ input: ["x"], order: "y" }, content);
    await expect(ordered).rejects.toThrow(message);
  });
});

describe("the rows on the lines of a text", () => {
  it("have their numbers between spaces, commas or semicolons", async () => {
    const rows = lineRows(inMemory("t.txt", "1 2\n3,4\n5; 6\n"), ["x", "y"]);
    expect(await plain(rows)).toEqual([
      [1, 1, 2],
      [2, 3, 4],
      [3, 5, 6],
    ]);
  });

  it.each([
    ["1 2\n3\n", "t.txt, line 2 has 1 values, but the model reads 2 (x, y): give one for each"],
    ["1 2\n3 four\n", 't.txt, line 2, column "y" must be a number, but is "four"'],
  ])("%j is refused", async (content, message) => {
    await expect(plain(lineRows(inMemory("t.txt", content), ["x", "y"]))).rejects.toThrow(message);
  });
});
