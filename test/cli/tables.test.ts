import { copyFileSync, existsSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeAll, describe, expect, it } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { run } from "../../src/cli/command-line.ts";
import { fakeTerminal } from "./fake-terminal.ts";
import { charrnn, exitOf, start } from "./process.ts";

const folder = mkdtempSync(join(tmpdir(), "charrnn-"));
const runs = join(folder, "runs");
const model = join(runs, "kinds");
const ages = join(runs, "ages");

const small = ["--layers", "1", "--hidden", "4", "--batch-size", "5", "--threads", "1", "--out", runs];
const texts = ["--task", "many-to-one", "--input", "word", "--target", "kind"];
const numbers = ["--task", "one-to-one", "--input", "height", "--target", "age", "--target-type", "number"];

function write(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

/** Sixty rows of a word and its kind. The header is line 1, so that row 5 is line 7. */
const rows = Array.from(
  { length: 60 },
  (_, index) => `${"abcde".slice(index % 5)}\t${["x", "y", "z"][index % 3]}`,
);
const kinds = write("kinds.tsv", ["word\tkind", ...rows]);
const sizes = write("sizes.csv", ["height,age", ...rows.map((_, index) => `${150 + index},${20 + index}`)]);

/** The table of kinds with another row 5. */
const kindsWith = (name: string, row: string) => write(name, ["word\tkind", ...rows.with(5, row)]);

/** Runs a command in this process. */
async function ran(...argv: string[]) {
  const terminal = fakeTerminal();
  const exitCode = await run(argv, terminal);
  return { exitCode, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
}

/** The exit code and the only line of a command that refuses. */
async function refusal(...argv: string[]) {
  const { exitCode, stdout, stderr } = await ran(...argv);
  expect([stdout, stderr]).toEqual(["", expect.stringMatching(/^charrnn: [^\n]+\n$/)]);
  return { exitCode, line: stderr.trimEnd() };
}

async function evaluated(...argv: string[]): Promise<Record<string, unknown>> {
  const { exitCode, stdout, stderr } = await ran("eval", ...argv, "--json", "--threads", "1");
  expect([exitCode, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

let events: Record<string, unknown>[] = [];

const eventsIn = (lines: string) =>
  lines
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

beforeAll(async () => {
  const steps = ["--steps", "2", "--eval-every", "1", "--quiet"];
  const argv = [
    "train",
    kinds,
    ...texts,
    ...small,
    ...steps,
    "--json",
    "--metric",
    "macro-f1",
    "--name",
    "kinds",
  ];
  const [outcome, other] = await Promise.all([
    charrnn(argv, folder),
    charrnn(["train", sizes, ...numbers, ...small, ...steps, "--name", "ages"], folder),
  ]);
  expect([outcome.exitCode, other.exitCode]).toEqual([0, 0]);
  events = eventsIn(outcome.stdout);
});

describe("train --json", () => {
  const named = (name: string) => events.filter(({ event }) => event === name);

  it("tells at the start how many examples and classes there are", () => {
    // 5 % of 60 examples for validation and for the test.
    expect(named("start")).toMatchObject([{ examples: { train: 54, val: 3, test: 3 }, classes: 3 }]);
  });

  it("tells accuracy and macro F1 of each validation, and no bits per character", () => {
    expect(named("eval").map(({ step }) => step)).toEqual([1, 2]);
    for (const evaluation of named("eval")) {
      expect(Object.keys(evaluation)).toEqual(["event", "step", "split", "loss", "accuracy", "macroF1"]);
    }
  });

  it("tells at the end which step was the best by --metric", () => {
    const [{ best }] = named("end");
    const scores = named("eval").map(({ macroF1 }) => Number(macroF1));
    const value = Math.max(...scores);
    // The first of equal steps.
    const { step, loss } = named("eval")[scores.indexOf(value)];
    expect(best).toEqual({ step, loss, path: join(model, "best.json"), metric: "macroF1", value });
  });
});

it("--plan lists examples and classes, and leaves no run", async () => {
  const before = readdirSync(runs);
  const argv = ["train", kinds, ...texts, ...small, "--plan"];
  const { exitCode, stdout } = await charrnn([...argv, "--json"], folder);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ examples: { train: 54, val: 3, test: 3 }, classes: 3 });
  expect(readdirSync(runs)).toEqual(before);
});

describe("eval", () => {
  it("scores all examples of a table in JSON with these members only", async () => {
    const result = await evaluated(model, kinds);
    expect(Object.keys(result)).toEqual([
      "checkpoint",
      "text",
      "examples",
      "loss",
      "accuracy",
      "macroF1",
      "perClass",
      "confusion",
      "calibration",
      "skipped",
      "seconds",
      "baselines",
    ]);
    expect(result).toMatchObject({
      checkpoint: join(model, "best.json"),
      text: kinds,
      examples: 60,
      skipped: 0,
    });
    const support = (result.perClass as { label: string; support: number }[]).map((one) => [
      one.label,
      one.support,
    ]);
    expect(support).toEqual([
      ["x", 20],
      ["y", 20],
      ["z", 20],
    ]);
    const confusion = result.confusion as number[][];
    expect(confusion.map((row) => row.reduce((sum, count) => sum + count))).toEqual([20, 20, 20]);
    const right = confusion.reduce((sum, row, index) => sum + row[index], 0);
    expect(result.accuracy).toBeCloseTo(right / 60, 12);
    const scores = { accuracy: expect.any(Number) as number, macroF1: expect.any(Number) as number };
    // Whichever class it always says, it is right for a third. F1 is 2 (1/3) 1 / (1/3 + 1) = 1/2 for one of three.
    expect(result.baselines).toEqual({ commonest: scores, naiveBayes: scores, notes: [] });
    const { accuracy, macroF1 } = (result.baselines as { commonest: typeof scores }).commonest;
    expect([accuracy, macroF1]).toEqual([expect.closeTo(1 / 3, 12), expect.closeTo(1 / 6, 12)]);
  });

  it("scores the validation split as the training did", async () => {
    const { best } = events.at(-1) as { best: { step: number } };
    const validation = events.find(({ event, step }) => event === "eval" && step === best.step);
    const { loss, accuracy, macroF1 } = validation ?? {};
    expect(await evaluated(model)).toMatchObject({
      text: "val split",
      examples: 3,
      loss: expect.closeTo(Number(loss), 6) as number,
      accuracy,
      macroF1,
    });
  });

  it("scores numbers by their errors, and always the mean as the baseline", async () => {
    const result = await evaluated(ages, sizes);
    expect(Object.keys(result)).toEqual([
      "checkpoint",
      "text",
      "examples",
      "loss",
      "rmse",
      "mae",
      "skipped",
      "seconds",
      "baselines",
    ]);
    expect(result).toMatchObject({ examples: 60, baselines: { notes: [] } });
    const { mean } = result.baselines as { mean: { rmse: number; mae: number } };
    // The ages are 20 to 79. Their deviation is sqrt((60^2 - 1) / 12) = 17.318, and 15 is the mean one from 49.5.
    // The mean of the training split is a little beside 49.5.
    expect(mean.rmse).toBeGreaterThanOrEqual(17.318);
    expect(mean.rmse).toBeLessThan(17.5);
    expect(mean.mae).toBeCloseTo(15, 0);
  });

  it("computes no baselines with --no-baselines", async () => {
    expect(await evaluated(model, kinds, "--no-baselines")).toMatchObject({ examples: 60, baselines: null });
  });

  it("scores a split of the table from its new path", async () => {
    const moved = join(folder, "moved.tsv");
    copyFileSync(kinds, moved);
    const here = await evaluated(model, "--split", "test");
    const there = await evaluated(model, moved, "--split", "test");
    expect(there).toEqual({ ...here, seconds: there.seconds });
  });

  it("prints a table of the classes, and their confusion if there is room for it", async () => {
    const { stdout } = await ran("eval", model, kinds);
    expect(stdout).toMatch(/^data +\S*kinds\.tsv: 60 examples$/m);
    expect(stdout).toMatch(/^class +precision +recall +F1 +examples$/m);
    expect(stdout).toMatch(/^y( +\d\.\d{3}){3} +20$/m);
    expect(stdout).toMatch(/^truth \\ predicted +x +y +z$/m);
    const narrow = fakeTerminal({ columns: 20 });
    expect(await run(["eval", model, kinds], narrow)).toBe(0);
    expect(narrow.stdout.text).toMatch(/^class/m);
    expect(narrow.stdout.text).not.toContain("truth");
  });

  it.each([["--exact"], ["--per-char", join(folder, "losses.jsonl")], ["--encoding", "latin1"]])(
    "refuses %s, which is for language models",
    async (...argv) => {
      const { exitCode, line } = await refusal("eval", model, kinds, ...argv);
      expect([exitCode, line]).toEqual([
        2,
        expect.stringMatching(`${argv[0]} is for language models: leave out`),
      ]);
      expect(existsSync(join(folder, "losses.jsonl"))).toBe(false);
    },
  );

  it("does not score a split of a table that has changed since the training", async () => {
    const table = join(folder, "changing.tsv");
    copyFileSync(kinds, table);
    const argv = ["train", table, ...texts, ...small, "--steps", "1", "--quiet", "--name", "changing"];
    expect((await ran(...argv)).exitCode).toBe(0);
    writeFileSync(table, "word\tkind\nabc\tx\n");
    const { exitCode, line } = await refusal("eval", join(runs, "changing"), "--split", "val");
    expect([exitCode, line]).toEqual([
      1,
      expect.stringMatching(/changing\.tsv has changed since the training: name/),
    ]);
    // The table itself can be scored, but the baselines have nothing to learn from.
    const result = await evaluated(join(runs, "changing"), table);
    expect(result).toMatchObject({
      examples: 1,
      baselines: { notes: [expect.stringContaining("has changed")] },
    });
    const moved = await refusal("eval", model, table, "--split", "val");
    expect(moved.line).toMatch(
      /changing\.tsv is not the table that the model was trained on: .*leave out --split$/,
    );
  });
});

it("sample refuses a model of a table, and names predict", async () => {
  const { exitCode, line } = await refusal("sample", model);
  expect([exitCode, line]).toEqual([1, expect.stringMatching(/many-to-one.*charrnn predict/)]);
});

describe("bad data is refused in one line that says where it is, and no run is left", () => {
  const empty = kindsWith("empty.tsv", "\tx");
  const ragged = kindsWith("ragged.tsv", "abc\tx\ty");
  const long = kindsWith("long.tsv", `${"a".repeat(1001)}\tx`);
  const label = kindsWith("label.tsv", "abc\tw");
  const one = write("one.tsv", ["word\tkind", ...rows.map((row) => row.replace(/.$/, "x"))]);
  const age = write("age.csv", [
    "height,age",
    ...rows.map((_, index) => `150,${index === 5 ? "old" : 20 + index}`),
  ]);
  const height = write("height.csv", [
    "height,age",
    ...rows.map((_, index) => `${index === 5 ? "" : index},20`),
  ]);
  const language = write("text.txt", Array<string>(100).fill("hello"));

  it.each([
    [
      "an empty example",
      [empty, ...texts],
      1,
      /empty\.tsv, line 7, column "word" is empty: .*take the line out$/,
    ],
    [
      "a ragged row",
      [ragged, ...texts],
      1,
      /ragged\.tsv, line 7 has 3 fields, but the header has 2; write one tab/,
    ],
    [
      "a long example",
      [long, ...texts],
      1,
      /long\.tsv, line 7, column "word" has 1001 steps, more than --max-length \d+: raise --max-length/,
    ],
    ["one label only", [one, ...texts], 1, /column "kind" has one label only, "x".*--target$/],
    [
      "text as the target number",
      [age, ...numbers],
      1,
      /age\.csv, line 7, column "age" must be a number, but is "old"/,
    ],
    [
      "no number to read",
      [height, ...numbers],
      1,
      /height\.csv, line 7, column "height" must be a number, but is ""/,
    ],
    [
      "no such column",
      [kinds, ...texts, "--input", "wrd"],
      2,
      /kinds\.tsv has no column "wrd"; it has "word", "kind"$/,
    ],
    [
      "no such metric",
      [kinds, ...texts, "--metric", "f1"],
      2,
      /--metric takes one of loss, accuracy, .* not "f1"$/,
    ],
    [
      "another task's metric",
      [kinds, ...texts, "--metric", "rmse"],
      2,
      /--metric rmse is not measured by this task: take one/,
    ],
    [
      "no --target",
      [kinds, "--task", "many-to-one", "--input", "word"],
      2,
      /--task many-to-one needs --target/,
    ],
    [
      "--input for a language model",
      [language, "--input", "word"],
      2,
      /--input is for --task .*leave out --input/,
    ],
    [
      "--seq-length for a table",
      [kinds, ...texts, "--seq-length", "20"],
      2,
      /--seq-length is for --task language-model/,
    ],
    ["no such file", [join(folder, "none.tsv"), ...texts], 1, /none\.tsv.*check the path$/],
  ] as const)("%s", async (_name, argv, code, message) => {
    const out = join(folder, "none");
    const { exitCode, line } = await refusal("train", ...argv, "--out", out);
    expect([exitCode, line]).toEqual([code, expect.stringMatching(message)]);
    expect(existsSync(out) ? readdirSync(out) : []).toEqual([]);
  });

  it.each([
    ["an unknown label", label, /label\.tsv, line 7, column "kind" is "w", .*\("x", "y", "z"\): correct it/],
    ["an empty example", empty, /empty\.tsv, line 7, column "word" is empty/],
    ["a ragged row", ragged, /ragged\.tsv, line 7 has 3 fields/],
    ["a column that is missing", sizes, /sizes\.csv has no column "word"/],
  ])("%s in a table to evaluate", async (_name, table, message) => {
    const { exitCode, line } = await refusal("eval", model, table);
    expect([1, 2]).toContain(exitCode);
    expect(line).toMatch(message);
  });
});

it("an interrupted training saves its run, which goes on to its end with --resume", async () => {
  const argv = ["train", kinds, ...texts, ...small, "--epochs", "100000", "--json", "--name", "stopped"];
  const child = start(argv, folder);
  child.stdout.once("data", () => child.kill("SIGINT"));
  const [exitCode, stdout] = await Promise.all([exitOf(child), text(child.stdout)]);
  expect(exitCode).toBe(130);
  const { reason, step } = eventsIn(stdout).at(-1) ?? {};
  expect(reason).toBe("interrupted");
  expect(readCheckpoint(join(runs, "stopped", "latest.json")).training?.step).toBe(step);

  const last = Number(step) + 3;
  const resume = ["train", "--resume", "stopped", "--out", runs, "--steps", String(last), "--json"];
  const resumed = await charrnn(resume, folder);
  expect(resumed.exitCode).toBe(0);
  const [first] = eventsIn(resumed.stdout);
  expect(first).toMatchObject({ event: "start", step, examples: { train: 54 }, classes: 3 });
  expect(eventsIn(resumed.stdout).at(-1)).toMatchObject({ event: "end", reason: "finished", step: last });
});
