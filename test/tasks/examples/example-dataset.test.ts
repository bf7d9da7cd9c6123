import { createHash } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { type Checkpoint } from "../../../src/checkpoint/format.ts";
import { Layout } from "../../../src/engine/tensor.ts";
import { CharrnnError } from "../../../src/errors.ts";
import { type TableColumns } from "../../../src/tasks/examples/columns.ts";
import { ExampleDataset, readExamples, splitTables } from "../../../src/tasks/examples/example-dataset.ts";
import { type TaskMembers, type TaskOptions, type TrainingData } from "../../../src/tasks/task.ts";
import { completeOptions } from "../../../src/training/option-checks.ts";
import { columns } from "./fixture.ts";

/** Writes tables into a folder of their own. Returns their paths. */
function written(tables: Readonly<Record<string, string>>): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "charrnn-"));
  return Object.fromEntries(
    Object.entries(tables).map(([name, content]) => {
      const path = join(folder, `${name}.csv`);
      writeFileSync(path, content);
      return [name, path];
    }),
  );
}

const header = "text,label\n";
const ten = header + Array.from("abcdefghij", (letter, index) => `${letter},${index % 2}\n`).join("");

async function tablesOf(
  paths: { files: string[]; val?: string[]; test?: string[] },
  given: Partial<TableColumns> = {},
  stdin = Readable.from([]),
) {
  const all = { val: undefined, test: undefined, ...paths };
  return readExamples(all, { ...columns, ...given }, stdin);
}

const defaults = completeOptions({
  task: "many-to-one",
  input: "text",
  target: "label",
  valFrac: 0,
  testFrac: 0,
});

/** The training data of a table, and the notes about it. */
async function dataOf(
  content: string,
  given: Partial<TaskOptions> = {},
  {
    from,
    own = {},
    resuming = false,
  }: { from?: Checkpoint; own?: Partial<TableColumns>; resuming?: boolean } = {},
) {
  const { table } = written({ table: content });
  const notes: string[] = [];
  const tables = await tablesOf({ files: [table] }, own);
  const reading = { from, resuming, note: (line: string) => notes.push(line) };
  const dataset = new ExampleDataset(tables, { ...columns, ...own }, reading);
  return { table, notes, data: dataset.trainingData({ ...defaults, ...given }) };
}

function checkpointOf({ vocabulary, task }: TaskMembers): Checkpoint {
  return { vocabulary, task: { name: "many-to-one", ...task } } as Checkpoint;
}

function layOut(data: TrainingData) {
  const model = {
    cell: "rnn",
    layers: 1,
    hidden: 2,
    embedding: 0,
    dropout: 0,
    bidirectional: false,
  } as const;
  data.lay(new Layout(), model, { seed: 1, clock: new Layout().tensor([1], "int32") });
}

describe("the tables of a run", () => {
  it("are read one after the other, and counted in the record", async () => {
    const { one, two } = written({ one: `${header}a,x\nb,y\n`, two: `label,text\nz,c\n` });
    const { files, val, test, record } = await tablesOf({ files: [one, two] });
    expect(files.map(({ steps, targets, table, line }) => [steps, targets[0], table, line])).toEqual([
      ["a", "x", one, 2],
      ["b", "y", one, 3],
      ["c", "z", two, 2],
    ]);
    expect([val, test]).toEqual([undefined, undefined]);
    const sha256 = createHash("sha256").update(`${header}a,x\nb,y\nlabel,text\nz,c\n`).digest("hex");
    expect(record).toEqual({ files: [one, two], sha256, symbols: 3 });
  });

  it("can be standard input", async () => {
    const stdin = Readable.from([Buffer.from(header), Buffer.from("a,x\n")]);
    const { files } = await tablesOf({ files: ["-"] }, { format: "csv" }, stdin);
    expect(files).toMatchObject([{ steps: "a", targets: ["x"] }]);
  });

  it("have another digest if a byte of any of them changes", async () => {
    const contents = { files: `${header}a,x\n`, val: `${header}b,x\n`, test: `${header}c,x\n` };
    const digestOf = async (changed: Partial<typeof contents>) => {
      const { files, val, test } = written({ ...contents, ...changed });
      const { record } = await tablesOf({ files: [files], val: [val], test: [test] });
      expect(record).toMatchObject({ files: [files], val: [val], test: [test], symbols: 3 });
      return record.sha256;
    };
    const digests = [
      await digestOf({}),
      await digestOf({ files: `${header}a,y\n` }),
      await digestOf({ val: `${header}b,y\n` }),
      await digestOf({ test: `${header}c,x\r\n` }),
    ];
    expect(new Set(digests).size).toBe(4);
    expect(await digestOf({})).toBe(digests[0]);
  });

  it("are refused if one has no examples", async () => {
    const { files, val, test } = written({ files: ten, val: header, test: ten });
    for (const paths of [
      { files: [files, val] },
      { files: [files], val: [val], test: [test] },
      { files: [test], test: [val] },
    ]) {
      await expect(tablesOf(paths)).rejects.toThrow(
        new CharrnnError(`${val} has no examples: name a table with a line for each example`),
      );
    }
  });
});

describe("the splits of tables", () => {
  const fractions = { seed: 1, valFrac: 0.2, testFrac: 0.3 };

  it.each([
    [[], [5, 2, 3]],
    [["val"], [7, 1, 3]],
    [["test"], [8, 2, 1]],
    [
      ["val", "test"],
      [10, 1, 1],
    ],
  ])("have the fractions, except those with tables of their own: %j", async (given, sizes) => {
    const paths = written({ files: ten, val: `${header}v,0\n`, test: `${header}t,1\n` });
    const others = Object.fromEntries(given.map((name) => [name, [paths[name]]]));
    const splits = splitTables(await tablesOf({ files: [paths.files], ...others }), fractions);
    expect([splits.train, splits.val, splits.test].map(({ length }) => length)).toEqual(sizes);
    if (given.includes("val")) expect(splits.val).toMatchObject([{ steps: "v", table: paths.val }]);
    if (given.includes("test")) expect(splits.test).toMatchObject([{ steps: "t", table: paths.test }]);
  });
});

describe("the training data of a table", () => {
  it("has its sizes, and those of the network", async () => {
    const { data, notes } = await dataOf(`${header}ab,x\ncab,y\nbb,y\nc,x\n`);
    expect(data.network).toEqual({ inputs: 3, outputs: 1 });
    expect(data.sizes).toEqual({
      vocabulary: 3,
      symbols: { train: 8, val: 0, test: 0 },
      unknown: 0,
      skipped: 0,
      examples: { train: 4, val: 0, test: 0 },
      classes: 2,
    });
    expect(data.batchSize).toBe(4);
    expect(data.uniformLoss).toBe(Math.log(2));
    expect(data.growth).toBeUndefined();
    expect(notes).toEqual([]);
  });

  it("notes examples that repeat", async () => {
    const { notes } = await dataOf(`${header}a,x\na,x\na,y\nb,y\n`);
    expect(notes).toEqual([
      "repeated examples: 1 within a split, and 0 of validation or test whose input is also in the training split",
    ]);
  });

  it("notes a label that has one example only, and how many more have", async () => {
    const one = await dataOf(`${header}a,x\nb,x\nc,y\n`);
    expect(one.notes).toEqual([
      `${one.table}, line 4, column "label": the label "y" has one example only, so it can be learned or tested but not both: add examples of it, or take the line out`,
    ]);
    const three = await dataOf(`${header}a,x\nb,y\nc,z\nd,w\ne,w\n`);
    expect(three.notes).toHaveLength(1);
    expect(three.notes[0]).toContain('the label "x" (like 2 other labels) has one example only, so it can');
  });

  it("notes nothing about labels if it learns numbers, and nothing if it is resumed", async () => {
    const { notes, data } = await dataOf(`${header}a,1\nb,2\n`, { targetType: "number" });
    expect(notes).toEqual([]);
    expect(data.members.task?.answers).toEqual({ mean: 1.5, deviation: 0.5 });
    const from = checkpointOf((await dataOf(`${header}a,x\na,y\n`)).data.members);
    expect((await dataOf(`${header}a,x\na,x\n`, {}, { from, resuming: true })).notes).toEqual([]);
  });

  it("weighs classes so that they balance: n / (classes * examples of the class)", async () => {
    const { data } = await dataOf(`${header}a,x\nb,x\nc,x\nd,y\n`, { classWeights: "balanced" });
    layOut(data);
    const { inputs, counted } = data.chunk(0, 1);
    // x: 4 / (2 * 3) = 2/3, y: 4 / (2 * 1) = 2. Each class weighs 2 in all.
    expect(counted).toBeCloseTo(4, 6);
    expect(inputs.targets).toHaveLength(4);
    inputs.targets.forEach((target, row) => {
      expect(inputs.weights[row]).toBeCloseTo(target === 1 ? 2 : 2 / 3, 6);
    });
  });

  it("keeps a batch size that is given, and takes no more rows than there are examples by itself", async () => {
    const table = `${header}a,x\nb,x\nc,y\n`;
    expect((await dataOf(table)).data.batchSize).toBe(3);
    expect((await dataOf(table, { batchSize: 8 })).data.batchSize).toBe(8);
  });

  it("refuses an example without a label", async () => {
    await expect(dataOf(`${header}a,x\nb,\n`)).rejects.toThrow(
      /line 3, column "label" is empty: write the right answer, or take the line out$/,
    );
  });

  it("is refused if no example is left", async () => {
    const group = header.replace("\n", ",user\n");
    await expect(
      dataOf(`${group}a,x,u\nb,y,u\n`, { valFrac: 0.5 }, { own: { group: "user" } }),
    ).rejects.toThrow(new CharrnnError("no examples are left to train on: lower --val-frac and --test-frac"));
  });
});

describe("training data that starts from a checkpoint", () => {
  const start = async () => checkpointOf((await dataOf(`${header}bd,n\nbb,y\n`)).data.members);
  const more = `${header}ab,m\nbd,y\nb,n\n`;

  it("has the checkpoint's vocabulary and labels", async () => {
    const { data } = await dataOf(`${header}b,y\nb,y\n`, {}, { from: await start() });
    expect(data.network).toEqual({ inputs: 2, outputs: 1 });
    expect(data.growth).toBeUndefined();
  });

  it("refuses an unknown character or label", async () => {
    const from = await start();
    await expect(dataOf(`${header}ab,y\n`, {}, { from })).rejects.toThrow("is not in the model's vocabulary");
    await expect(dataOf(`${header}b,m\n`, {}, { from })).rejects.toThrow(
      'column "label" is "m", which is no label of the model ("n", "y")',
    );
  });

  it("leaves out unknown characters with --unknown skip", async () => {
    const { data } = await dataOf(`${header}ab,y\nbda,n\n`, { unknown: "skip" }, { from: await start() });
    expect(data.sizes).toMatchObject({ symbols: { train: 3 }, skipped: 2, vocabulary: 2 });
  });

  it("grows by characters and labels with --unknown grow, unless it is resumed", async () => {
    const { data } = await dataOf(more, { unknown: "grow" }, { from: await start() });
    expect(data.members.vocabulary.symbols).toEqual(["a", "b", "d"]);
    expect(data.members.task?.answers).toEqual({ labels: ["m", "n", "y"] });
    // The output of two classes is the logit of the second, y.
    expect(data.growth).toEqual({
      inputs: [undefined, 0, 1],
      outputs: [undefined, undefined, 0],
      numeric: false,
    });
    const from = checkpointOf(data.members);
    const resumed = await dataOf(more, { unknown: "grow" }, { from, resuming: true });
    expect(resumed.data.growth).toBeUndefined();
    expect(resumed.data.network).toEqual({ inputs: 3, outputs: 3 });
  });

  it("needs as many columns of numbers as the model reads", async () => {
    const own = { input: ["x", "y"], kind: "number" } as const;
    const table = "x,y,label\n1,2,a\n3,4,b\n";
    const from = checkpointOf((await dataOf(table, {}, { own })).data.members);
    const { data } = await dataOf(table, {}, { from, own: { ...own, input: ["y", "x"] } });
    expect(data.network).toEqual({ inputs: 2, outputs: 1, numeric: true });
    await expect(dataOf(table, {}, { from, own: { ...own, input: ["x"] } })).rejects.toThrow(
      new CharrnnError("--input names 1 columns, but the model reads 2 (x, y): name as many"),
    );
  });
});
