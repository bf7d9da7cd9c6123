import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { run } from "../../src/cli/command-line.ts";
import { fakeTerminal } from "./fake-terminal.ts";
import { charrnn } from "./process.ts";

const folder = mkdtempSync(join(tmpdir(), "charrnn-"));
const runs = join(folder, "runs");
const model = join(runs, "prices");

const series = ["--task", "series", "--input", "high,low"];
const small = ["--layers", "1", "--hidden", "4", "--seq-length", "10", "--threads", "1", "--out", runs];

function write(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

/** 200 days. The header is line 1, so that day 5 is line 6. */
const days = Array.from({ length: 200 }, (_, index) => {
  const high = 100 + 10 * Math.sin(index / 3);
  return `${index + 1},${high.toFixed(2)},${(high - 5).toFixed(2)}`;
});
const prices = write("prices.csv", ["day,high,low", ...days]);
const pricesWith = (name: string, row: string) => write(name, ["day,high,low", ...days.with(4, row)]);

/** Runs a command in this process. */
async function ran(argv: readonly string[], stdin = "") {
  const terminal = fakeTerminal({ stdin });
  const exitCode = await run([...argv], terminal);
  return { exitCode, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
}

/** What a command that ends well prints, line by line. */
async function linesOf(argv: readonly string[], stdin = ""): Promise<string[]> {
  const { exitCode, stdout, stderr } = await ran([...argv, "--threads", "1"], stdin);
  expect([exitCode, stderr]).toEqual([0, ""]);
  return stdout.split("\n").slice(0, -1);
}

/** The exit code and the only line of a command that refuses. */
async function refusal(argv: readonly string[]) {
  const { exitCode, stdout, stderr } = await ran(argv);
  expect([stdout, stderr]).toEqual(["", expect.stringMatching(/^charrnn: [^\n]+\n$/)]);
  return { exitCode, line: stderr.trimEnd() };
}

let events: Record<string, unknown>[] = [];

beforeAll(async () => {
  const steps = ["--steps", "2", "--eval-every", "1", "--sample-every", "2", "--json"];
  const argv = ["train", prices, ...series, ...small, ...steps, "--name", "prices", "--metric", "mae"];
  const { exitCode, stdout } = await charrnn(argv, folder);
  expect(exitCode).toBe(0);
  events = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
});

describe("train --task series", () => {
  const named = (name: string) => events.filter(({ event }) => event === name);

  it("tells the rows of each split, and how many series and numbers there are", () => {
    const symbols = { train: 180, val: 10, test: 10 };
    expect(named("start")).toMatchObject([{ symbols, series: 1, vocabulary: 2, numeric: true }]);
    expect(named("start")[0].examples).toBeUndefined();
  });

  it("tells loss, RMSE and MAE of each validation, and takes --metric", () => {
    for (const evaluation of named("eval")) {
      expect(Object.keys(evaluation)).toEqual(["event", "step", "split", "loss", "rmse", "mae"]);
    }
    const errors = named("eval").map(({ mae }) => Number(mae));
    expect(named("end")[0].best).toMatchObject({ metric: "mae", value: Math.min(...errors) });
  });

  it("shows predictions beside the rows that came", () => {
    // The validation has days 181 to 190.
    const [{ text }] = named("sample");
    const rowOf = (day: number) =>
      days[day - 1].split(",").slice(1).map((number) => Number(Number(number).toPrecision(4))).join(", "); // prettier-ignore
    expect(String(text).split("\n")).toEqual(
      [186, 187, 188, 189].map((day): unknown =>
        expect.stringMatching(`^${rowOf(day)} -> \\S+, \\S+ \\(right: ${rowOf(day + 1)}\\)$`),
      ),
    );
  });

  it("describes its data in the first lines and in the list of runs", async () => {
    const argv = ["train", prices, ...series, ...small, "--steps", "1", "--name", "again"];
    const { stderr } = await ran(argv);
    expect(stderr).toContain(
      "data: 180 rows to train on, 10 to validate, 10 to test, of 1 series; 2 numbers a row\n",
    );
    expect(stderr).toMatch(/row\/s/);
    expect(stderr).toMatch(/next: charrnn predict /);
    const { stdout } = await ran(["runs", "--out", runs]);
    expect(stdout).toMatch(/^again +lstm 1x4/m);
  });

  it("--plan counts rows, and leaves no run", async () => {
    const before = readdirSync(runs);
    const { stdout } = await ran(["train", prices, ...series, ...small, "--plan"]);
    expect(stdout).toMatch(/^inputs +2$/m);
    expect(stdout).toMatch(/^rows +180 to train on, 10 to validate, 10 to test$/m);
    expect(stdout).toMatch(/^speed +about .* rows a second$/m);
    expect(readdirSync(runs)).toEqual(before);
  });

  it("goes on from another run with the scales of that run", async () => {
    const other = write("other.csv", [
      "day,high,low",
      ...days.map((_, index) => `${index},${index},${-index}`),
    ]);
    const argv = ["train", other, "--init-from", model, "--steps", "1", "--threads", "1", "--quiet"];
    const { exitCode } = await ran([...argv, "--out", runs, "--name", "other"]);
    expect(exitCode).toBe(0);
    const [from, to] = ["prices", "other"].map(
      (name) => readCheckpoint(join(runs, name, "latest.json")).task,
    );
    expect(to).toEqual(from);
    const { line } = await refusal([...argv, "--out", runs, "--input", "high"]);
    expect(line).toMatch(
      /--input high has 1 column, but the model of --init-from reads 2 \(high, low\): name as many$/,
    );
  });
});

describe("eval", () => {
  it("scores a split or a table in JSON with these members only", async () => {
    const [line] = await linesOf(["eval", model, "--split", "test", "--json"]);
    const result = JSON.parse(line) as Record<string, unknown>;
    const members = [
      "checkpoint",
      "text",
      "examples",
      "loss",
      "rmse",
      "mae",
      "perColumn",
      "seconds",
      "baselines",
    ];
    expect(Object.keys(result)).toEqual(members);
    const scores = { rmse: expect.any(Number) as number, mae: expect.any(Number) as number };
    expect(result).toMatchObject({ text: "test split", examples: 10 });
    expect(result.baselines).toEqual({ last: scores, mean: scores });
    expect(result.perColumn).toEqual([
      { column: "high", ...scores },
      { column: "low", ...scores },
    ]);
    const [whole] = await linesOf(["eval", model, prices, "--json"]);
    expect(JSON.parse(whole)).toMatchObject({ text: prices, examples: 199 });
  });

  it("prints the scores beside the baselines, and each column below", async () => {
    const text = (await linesOf(["eval", model])).join("\n");
    expect(text).toMatch(/^data +val split: 10 rows predicted$/m);
    expect(text).toMatch(
      /^ +RMSE +MAE\nmodel +\S+ +\S+\nlast value +\S+ +\S+\nmean of training rows +\S+ +\S+$/m,
    );
    expect(text).toMatch(/^column +RMSE +MAE\nhigh +\S+ +\S+\nlow +\S+ +\S+$/m);
  });
});

describe("predict", () => {
  it("gives the next row for each row: two numbers, or a list in JSON", async () => {
    const lines = await linesOf(["predict", model, prices]);
    expect(lines).toHaveLength(200);
    for (const line of lines) expect(line).toMatch(/^-?[\d.]+ -?[\d.]+$/);
    const answers = (await linesOf(["predict", model, prices, "--json"])).map(
      (line) => JSON.parse(line) as { input: number[]; prediction: number[] },
    );
    expect(answers[0].input).toEqual(days[0].split(",").slice(1).map(Number));
    const short = answers.map(({ prediction }) => prediction.map((x) => Number(x.toPrecision(6))).join(" "));
    expect(short).toEqual(lines);
    const [first] = await linesOf(["predict", model, prices, "--tsv"]);
    expect(first).toBe(`${answers[0].input.join(" ")}\t${lines[0]}`);
  });

  it("goes on for --steps after a file or standard input, and prints these predictions only", async () => {
    const ahead = await linesOf(["predict", model, prices, "--steps", "3"]);
    expect(ahead).toHaveLength(3);
    expect(ahead[0]).toBe((await linesOf(["predict", model, prices])).at(-1));
    const stdin = days.map((row) => row.split(",").slice(1).join(" ")).join("\n");
    expect(await linesOf(["predict", model, "-", "--steps", "3"], stdin)).toEqual(ahead);
  });

  it("learns from each row with --update, and writes nothing", async () => {
    const before = readFileSync(join(model, "best.json"), "utf8");
    const still = await linesOf(["predict", model, prices]);
    const moving = await linesOf(["predict", model, prices, "--update", "--lr", "0.05"]);
    expect(moving[0]).toBe(still[0]);
    expect(moving.at(-1)).not.toBe(still.at(-1));
    expect(readFileSync(join(model, "best.json"), "utf8")).toBe(before);
  });

  it.each([
    [["--steps", "3"], 2, /--steps continues a series: name its file, or - for standard input$/],
    [[prices, "--lr", "0.1"], 2, /add --update, or leave out --lr$/],
    [[prices, "--update", "--lr", "0"], 2, /--lr takes a number above 0, not "?0"?$/],
    [[prices, "--top", "2"], 2, /--top is for models that predict classes/],
    [[prices, "--threshold", "0.5"], 2, /--threshold is for a model of two classes/],
  ])("refuses %j", async (argv, code, message) => {
    const { exitCode, line } = await refusal(["predict", model, ...argv]);
    expect([exitCode, line]).toEqual([code, expect.stringMatching(message)]);
  });
});

describe("bad data is refused in one line that says where it is, and no run is left", () => {
  it.each([
    ["a gap", "5,,95", /bad\.csv, line 6, column "high" must be a number, but is "".*take the line out$/],
    ["a text", "5,100,n/a", /bad\.csv, line 6, column "low" must be a number, but is "n\/a"/],
    ["a short row", "5,100", /bad\.csv, line 6 has 2 fields, but the header has 3/],
  ])("%s", async (_, row, message) => {
    const bad = pricesWith("bad.csv", row);
    const out = join(folder, "none");
    const argv = [bad, ...series, ...small, "--out", out];
    const { exitCode, line } = await refusal(["train", ...argv]);
    expect([exitCode, line]).toEqual([1, expect.stringMatching(message)]);
    expect(existsSync(out) ? readdirSync(out) : []).toEqual([]);
    expect((await refusal(["eval", model, bad])).line).toMatch(message);
  });

  it.each([
    [
      "an empty table",
      [write("empty.csv", ["day,high,low"])],
      1,
      /empty\.csv has no rows: name a table with a row/,
    ],
    [
      "one row",
      [write("one.csv", ["day,high,low", days[0]])],
      1,
      /the training split has 1 row, and a series needs 2/,
    ],
    ["a large batch", [prices, "--batch-size", "19"], 1, /gives 17 streams .*: give at most --batch-size 17/],
    [
      "a column for classes",
      [prices, "--target", "low"],
      2,
      /--target is for --task one-to-one, .* or sequence-to-sequence, but this is --task series/,
    ],
    ["no such column", [prices, "--input", "open"], 2, /has no column "open"; it has "day", "high", "low"$/],
    [
      "another task's metric",
      [prices, "--metric", "accuracy"],
      2,
      /--metric accuracy is not measured by this task/,
    ],
  ])("%s", async (_, argv, code, message) => {
    const out = join(folder, "none");
    const { exitCode, line } = await refusal([
      "train",
      ...argv.slice(0, 1),
      ...series,
      ...small,
      ...argv.slice(1),
      "--out",
      out,
    ]);
    expect([exitCode, line]).toEqual([code, expect.stringMatching(message)]);
    expect(existsSync(out) ? readdirSync(out) : []).toEqual([]);
  });

  it("sample and --exact are refused", async () => {
    expect((await refusal(["sample", model])).line).toMatch(/series.*charrnn predict/);
    expect(await refusal(["eval", model, "--exact"])).toMatchObject({ exitCode: 2 });
  });
});
