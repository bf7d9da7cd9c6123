import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { run } from "../../src/cli/command-line.ts";
import { fakeTerminal } from "./fake-terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "charrnn-"));
const runs = join(folder, "runs");
const towns = join(runs, "towns");
const sizes = join(runs, "sizes");

function write(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

const towers = ["Ulm", "Pisa"];
const table = write("towns.tsv", [
  "country\ttown",
  ...Array.from({ length: 60 }, (_, index) => `${["Germany", "Italy"][index % 2]}\t${towers[index % 2]}`),
]);
// As many letters as the number says.
const lengths = write("lengths.csv", [
  "country,length,text",
  ...Array.from(
    { length: 60 },
    (_, index) => `${"de"[index % 2]},${1 + (index % 3)},${"abc".slice(0, 1 + (index % 3))}`,
  ),
]);

async function ran(...argv: string[]) {
  const terminal = fakeTerminal();
  const exitCode = await run(argv, terminal);
  return { exitCode, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
}

const small = ["--layers", "1", "--hidden", "16", "--batch-size", "10", "--threads", "1", "--out", runs];
const quick = ["--steps", "80", "--lr", "0.03", "--quiet", "--json"];
let events: Record<string, unknown>[] = [];

beforeAll(async () => {
  const argv = ["train", table, "--task", "one-to-many", "--input", "country", "--target", "town"];
  const trained = await ran(...argv, ...small, ...quick, "--name", "towns");
  expect(trained.exitCode).toBe(0);
  events = trained.stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>); // prettier-ignore
  const other = ["train", lengths, "--task", "one-to-many", "--input", "country,length", "--target", "text"];
  expect((await ran(...other, ...small, ...quick, "--no-feed-back", "--name", "sizes")).exitCode).toBe(0);
});

describe("training on texts from labels", () => {
  it("says how many labels there are, and measures bits per character and exact texts", () => {
    expect(events[0]).toMatchObject({
      event: "start",
      examples: { train: 54, val: 3, test: 3 },
      conditions: [2],
    });
    const evaluation = events.filter(({ event }) => event === "eval").at(-1) ?? {};
    const metrics = ["loss", "bitsPerCharacter", "accuracy"];
    expect(Object.keys(evaluation)).toEqual(["event", "step", "split", ...metrics]);
  });
});

describe("sample", () => {
  it("writes five texts from each label, each of them to its end", async () => {
    const argv = ["--label", "Italy", "--label", "Germany", "--seed", "1", "--temp", "0", "--json"];
    const { exitCode, stdout } = await ran("sample", towns, ...argv);
    expect(exitCode).toBe(0);
    const samples = stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as object); // prettier-ignore
    expect(samples).toHaveLength(10);
    samples.forEach((sample, index) => {
      const [country, text] = index < 5 ? ["Italy", "Pisa"] : ["Germany", "Ulm"];
      expect(sample).toEqual({ index, seed: 1, prime: "", conditions: { country }, text, stopped: true });
    });
  });

  it("goes on from a prime, and separates texts by ten hyphens", async () => {
    const argv = ["--label", "Italy", "--prime", "Pi", "--num", "2", "--temp", "0", "--seed", "1"];
    expect((await ran("sample", towns, ...argv)).stdout).toBe("Pisa\n----------\nPisa");
  });

  it("writes from labels and numbers, with nothing fed back", async () => {
    const argv = ["--label", "d", "--values", "3", "--num", "1", "--temp", "0", "--seed", "1"];
    expect((await ran("sample", sizes, ...argv)).stdout).toBe("abc");
  });

  it.each([
    ["a label that is missing", towns, [], /the model writes from the column country: choose a label/],
    [
      "an unknown label",
      towns,
      ["--label", "Oz"],
      /--label Oz is unknown: the column country has "Germany", "Italy"/,
    ],
    ["too few numbers", sizes, ["--label", "d"], /--values has 0 numbers, but the model reads 1 \(length\)/],
    ["no number", sizes, ["--label", "d", "--values", "1,x"], /--values takes a number/],
  ])("refuses %s in one line", async (_name, model, argv, message) => {
    const { exitCode, stdout, stderr } = await ran("sample", model, ...argv);
    expect([exitCode, stdout, stderr]).toEqual([2, "", expect.stringMatching(/^charrnn: [^\n]+\n$/)]);
    expect(stderr).toMatch(message);
  });
});

describe("eval of texts from labels", () => {
  it("gives the loss, bits per character and the share of exact texts", async () => {
    const { stdout } = await ran("eval", towns, table, "--json", "--threads", "1");
    const result = JSON.parse(stdout) as Record<string, number>;
    const members = [
      "checkpoint",
      "text",
      "examples",
      "loss",
      "bitsPerCharacter",
      "accuracy",
      "skipped",
      "seconds",
    ];
    expect(Object.keys(result)).toEqual(members);
    expect(result).toMatchObject({ examples: 60, accuracy: 1, skipped: 0 });
    // 30 times Ulm and its end, and 30 times Pisa and its end: 9 symbols and ends for 7 symbols.
    expect(result.bitsPerCharacter).toBeCloseTo((result.loss / Math.LN2) * (9 / 7), 9);
  });

  it("prints them for people", async () => {
    const { stdout } = await ran("eval", towns, "--split", "test");
    expect(stdout).toMatch(/^data +test split: 3 texts$/m);
    expect(stdout).toMatch(/^exact texts +100\.00 %/m);
  });

  it("refuses a label that was not trained, with its line", async () => {
    const other = write("other.tsv", ["country\ttown", "Oz\tUlm"]);
    const { exitCode, stderr } = await ran("eval", towns, other);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/other\.tsv, line 2, column "country" is "Oz", which is no label of the model/);
  });
});
