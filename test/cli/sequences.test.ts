import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { run } from "../../src/cli/command-line.ts";
import { fakeTerminal } from "./fake-terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "charrnn-"));
const runs = join(folder, "runs");
const model = join(runs, "doubles");

function write(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

// Each letter is written twice. The words "a" and "b" share the group of their lines.
const words = ["a", "b", "ab", "ba", "aa", "bb"];
const doubled = (word: string) => word.replaceAll(/./g, "$&$&");
const table = write("doubles.tsv", [
  "word\ttwice\tgroup",
  ...Array.from({ length: 60 }, (_, index) => {
    const word = words[index % words.length];
    return `${word}\t${doubled(word)}\tg${index}`;
  }),
]);
const task = ["--task", "sequence-to-sequence", "--input", "word", "--target", "twice"];
const small = ["--layers", "1", "--hidden", "24", "--batch-size", "10", "--threads", "1", "--out", runs];

async function ran(argv: readonly string[], stdin = "") {
  const terminal = fakeTerminal({ stdin });
  const exitCode = await run([...argv], terminal);
  return { exitCode, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
}

async function predicted(argv: readonly string[], stdin: string): Promise<Record<string, unknown>[]> {
  const { exitCode, stdout } = await ran(["predict", model, ...argv, "--json", "--threads", "1"], stdin);
  expect(exitCode).toBe(0);
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>); // prettier-ignore
}

let events: Record<string, unknown>[] = [];

beforeAll(async () => {
  const quick = ["--steps", "200", "--lr", "0.02", "--eval-every", "100", "--quiet", "--json"];
  const argv = [
    "train",
    table,
    ...task,
    "--group",
    "group",
    "--metric",
    "symbol-error-rate",
    ...small,
    ...quick,
  ];
  const trained = await ran([...argv, "--name", "doubles"]);
  expect(trained.exitCode).toBe(0);
  events = trained.stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>); // prettier-ignore
});

describe("training on pairs", () => {
  it("measures outputs that are wholly right, and the symbol error rate, which decides", () => {
    const evaluation = events.filter(({ event }) => event === "eval").at(-1) ?? {};
    const metrics = ["loss", "accuracy", "symbolErrorRate"];
    expect(Object.keys(evaluation)).toEqual(["event", "step", "split", ...metrics]);
    expect(events.at(-1)).toMatchObject({ best: { metric: "symbolErrorRate", value: 0 } });
  });
});

describe("eval of outputs", () => {
  it("gives accuracies, symbol errors, and the baselines of copying and of the commonest output", async () => {
    const { stdout } = await ran(["eval", model, "--split", "train", "--json", "--threads", "1"]);
    const result = JSON.parse(stdout) as Record<string, unknown>;
    const members = [
      "checkpoint",
      "text",
      "examples",
      "loss",
      "accuracy",
      "symbolErrorRate",
      "groupAccuracy",
    ];
    expect(Object.keys(result)).toEqual([...members, "byLength", "cut", "skipped", "seconds", "baselines"]);
    // A copy lacks half of the symbols of every output, and is never right.
    expect(result).toMatchObject({
      accuracy: 1,
      symbolErrorRate: 0,
      groupAccuracy: 1,
      cut: 0,
      byLength: [
        { from: 1, to: 1, accuracy: 1 },
        { from: 2, to: 2, accuracy: 1 },
      ],
      baselines: { copy: { accuracy: 0, symbolErrorRate: 0.5 }, notes: [] },
    });
  });

  it("takes any right output of a group", async () => {
    const other = write("groups.tsv", ["word\ttwice\tgroup", "a\tbb\tx", "a\taa\tx", "b\taa\ty", "b\tab\ty"]);
    const argv = ["train", other, ...task, "--group", "group", "--init-from", model, "--steps", "1"];
    const rest = ["--lr", "1e-30", "--val-frac", "0", "--test-frac", "0", "--batch-size", "2", "--quiet"];
    expect(
      (await ran([...argv, ...rest, "--threads", "1", "--out", runs, "--name", "groups"])).exitCode,
    ).toBe(0);
    const { stdout } = await ran([
      "eval",
      join(runs, "groups"),
      "--split",
      "train",
      "--json",
      "--threads",
      "1",
    ]);
    // The outputs are aa and bb. One of four lines is right, and one of two groups.
    expect(JSON.parse(stdout)).toMatchObject({ accuracy: 0.25, groupAccuracy: 0.5 });
  });

  it("prints them for people, by the length of the input", async () => {
    const { stdout } = await ran(["eval", model, "--split", "train", "--threads", "1"]);
    expect(stdout).toMatch(/^group accuracy +100\.00 %$/m);
    expect(stdout).toMatch(/^model +100\.00 % +0\.00 %$/m);
    expect(stdout).toMatch(/^copy of the input +0\.00 % +50\.00 %$/m);
    expect(stdout).toMatch(/^input length +accuracy +examples$/m);
  });
});

describe("predict of outputs", () => {
  it("writes the best outputs by beam search, with their log-probabilities, the best first", async () => {
    const [first, second] = await predicted(["--beam", "4", "--top", "3"], "ab\nb\n");
    expect([first.prediction, second.prediction]).toEqual(["aabb", "bb"]);
    const candidates = first.candidates as {
      prediction: string;
      probability: number;
      logProbability: number;
    }[];
    expect(candidates).toHaveLength(3);
    for (const { probability, logProbability } of candidates) {
      expect(probability).toBeCloseTo(Math.exp(logProbability), 12);
    }
    expect(candidates[0]).toMatchObject({ prediction: "aabb" });
  });

  it("stops at --max-output, and says so", async () => {
    const { stdout, stderr } = await ran(["predict", model, "--max-output", "2", "--threads", "1"], "ab\n");
    expect(stdout).toMatch(/^aa /);
    expect(stderr).toMatch(/line 1: the output was cut at the limit of symbols; raise --max-output$/m);
  });

  it("writes where the decoder looked: one row for each symbol and the end, whose weights add up to 1", async () => {
    const file = join(folder, "alignments.jsonl");
    await predicted(["--alignments", file], "ab\na\n");
    const lines = readFileSync(file, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>); // prettier-ignore
    expect(lines).toMatchObject([
      { input: "ab", prediction: "aabb" },
      { input: "a", prediction: "aa" },
    ]);
    const rows = Object.values(lines[0]).find((value) => Array.isArray(value)) as number[][];
    expect(rows).toHaveLength(5);
    for (const row of rows) {
      expect(row).toHaveLength(2);
      expect(row[0] + row[1]).toBeCloseTo(1, 5);
    }
  });
});

describe("what does not fit is refused in one line", () => {
  const empty = write("empty.tsv", ["word\ttwice", "a\taa", "b\t"]);
  const long = write("long.tsv", ["word\ttwice", "a\taa", "ababab\tb"]);

  it.each([
    ["an empty output", ["train", empty, ...task], /empty\.tsv, line 3, column "twice" is empty/],
    ["a long input", ["train", long, ...task, "--max-length", "5"], /long\.tsv, line 3, column "word" has 6 steps, more than --max-length \d+: raise --max-length/],
    ["--threshold", ["predict", model, "--threshold", "0.5"], /--threshold is for a model of two classes: leave out --threshold/],
    ["--steps", ["predict", model, table, "--steps", "3"], /--steps is for a series/],
  ] as const)("%s", async (_name, argv, message) => {
    const out = argv[0] === "train" ? ["--out", join(folder, "none")] : [];
    const { exitCode, stdout, stderr } = await ran([...argv, ...out]);
    expect([exitCode > 0, stdout, stderr]).toEqual([true, "", expect.stringMatching(/^charrnn: [^\n]+\n$/)]);
    expect(stderr).toMatch(message);
  }); // prettier-ignore
});
