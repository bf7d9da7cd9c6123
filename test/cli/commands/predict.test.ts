import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { run } from "../../../src/cli/command-line.ts";
import { fakeTerminal } from "../fake-terminal.ts";
import { charrnn, exitOf, start } from "../process.ts";
import { testsAll } from "../../scope.ts";

const folder = mkdtempSync(join(tmpdir(), "charrnn-"));
const small = [
  "--layers",
  "1",
  "--hidden",
  "4",
  "--batch-size",
  "5",
  "--steps",
  "2",
  "--threads",
  "1",
  "--quiet",
];

/** 60 words of 1 to 5 letters. No two neighbours are equal, so that a wrong order shows. */
const words = Array.from({ length: 60 }, (_, index) => "abcde".slice(index % 5) + "ed".slice(index % 2));

function write(name: string, lines: readonly string[]): string {
  writeFileSync(join(folder, name), `${lines.join("\n")}\n`);
  return name;
}

async function train(name: string, ...argv: string[]) {
  const { exitCode, stderr } = await charrnn(["train", ...argv, ...small, "--name", name], folder);
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining("finished")]);
}

/** The lines that `charrnn predict` prints as a process, which ends well and without a message. */
async function predicted(argv: readonly string[], stdin = ""): Promise<string[]> {
  const { exitCode, stdout, stderr } = await charrnn(["predict", ...argv, "--threads", "1"], folder, stdin);
  expect([exitCode, stderr]).toEqual([0, ""]);
  return stdout.split("\n").slice(0, -1);
}

/** Runs `charrnn predict` in this process. */
async function ran([model, ...argv]: readonly string[], stdin: string) {
  const terminal = fakeTerminal({ stdin });
  const files = argv.map((argument) => (/\.[a-z]+$/.test(argument) ? join(folder, argument) : argument));
  const command = ["predict", join(folder, "checkpoints", model), ...files, "--threads", "1"];
  return { exitCode: await run(command, terminal), ...terminal };
}

/** The lines that `charrnn predict` prints in this process. */
async function answered(argv: readonly string[], stdin = ""): Promise<string[]> {
  const { exitCode, stdout, stderr } = await ran(argv, stdin);
  expect([exitCode, stderr.text]).toEqual([0, ""]);
  return stdout.lines;
}

/** The line with which `charrnn predict` refuses, in this process. */
async function refusal(argv: readonly string[], stdin = "") {
  const { exitCode, stdout, stderr } = await ran(argv, stdin);
  expect(stderr.text).toMatch(/^charrnn: [^\n]+\n$/);
  return { exitCode, stdout: stdout.text, line: stderr.lines[0] };
}

interface Answer {
  input: unknown;
  prediction: string | number;
  probability: number;
  candidates: { prediction: string; probability: number }[];
}

const answersIn = (lines: readonly string[]) => lines.map((line) => JSON.parse(line) as Answer);

write("two.tsv", ["word\tkind", ...words.map((word, index) => `${word}\t${["noun", "verb"][index % 2]}`)]);
write("three.tsv", ["word\tkind", ...words.map((word, index) => `${word}\t${["x", "y", "z"][index % 3]}`)]);
write("sizes.csv", [
  "height,weight,age",
  ...words.map((_, index) => `${150 + index},${index / 2},${20 + index}`),
]);
const texts = ["--task", "many-to-one", "--input", "word", "--target", "kind"];

beforeAll(async () => {
  const numbers = [
    "--task",
    "one-to-one",
    "--input",
    "height,weight",
    "--target",
    "age",
    "--target-type",
    "number",
  ];
  await Promise.all([
    train("two", "two.tsv", ...texts),
    train("three", "three.tsv", ...texts),
    train("ages", "sizes.csv", ...numbers),
  ]);
});

describe("predict", () => {
  it("answers in the order of its inputs, in JSON with these members only", async () => {
    const answers = answersIn(await predicted(["three", "three.tsv", "--json"]));
    expect(answers.map(({ input }) => input)).toEqual(words);
    for (const answer of answers) {
      const { prediction, probability, candidates } = answer;
      expect(Object.keys(answer)).toEqual(["input", "prediction", "probability", "candidates"]);
      expect(candidates).toEqual([{ prediction, probability }]);
    }
  });

  it("answers the same for a table and for one input on each line, from a file and from standard input", async () => {
    const lines = write("words.txt", words);
    const bare = write("bare.tsv", ["word", ...words]);
    const [table, ...others] = await Promise.all([
      predicted(["three", "three.tsv", "--json"]),
      predicted(["three", lines, "--json"]),
      predicted(["three", bare, "--json"]),
      predicted(["three", "--json"], words.join("\n")),
      predicted(["three", "-", "--json"], words.join("\r\n")),
      predicted(["three", "--format", "tsv", "--json"], ["word", ...words].join("\n")),
    ]);
    expect(table).toHaveLength(words.length);
    for (const other of others) expect(other).toEqual(table);
  });

  it.runIf(testsAll)("answers for more inputs than it computes at once", async () => {
    const count = 2500; // 1,024 and 1,024 and 452
    const many = Array.from({ length: count }, (_, index) => words[index % words.length]);
    const few = answersIn(await predicted(["three", "three.tsv", "--json"]));
    const answers = answersIn(await predicted(["three", "--json"], many.join("\n")));
    expect(answers.map(({ input }) => input)).toEqual(many);
    answers.forEach(({ prediction, probability }, index) => {
      expect(prediction).toBe(few[index % words.length].prediction);
      expect(probability).toBeCloseTo(few[index % words.length].probability, 5);
    });
  });

  it("gives candidates with --top, the likeliest first, and no more than there are classes", async () => {
    const [{ prediction, probability, candidates }] = answersIn(
      await answered(["three", "--json", "--top", "5"], "abc"),
    );
    expect(candidates[0]).toEqual({ prediction, probability });
    expect(candidates.map((candidate) => candidate.prediction).toSorted()).toEqual(["x", "y", "z"]);
    const probabilities = candidates.map((candidate) => candidate.probability);
    expect(probabilities).toEqual(probabilities.toSorted((one, other) => other - one));
    expect(probabilities.reduce((sum, one) => sum + one)).toBeCloseTo(1, 6);
  });

  it("writes input, prediction, probability and the other candidates between tabs with --tsv", async () => {
    const [line] = await answered(["three", "--tsv", "--top", "3"], "abc");
    const cells = line.split("\t");
    const [{ candidates }] = answersIn(await answered(["three", "--json", "--top", "3"], "abc"));
    // The numbers have six digits.
    const wanted = candidates.flatMap((one) => [
      one.prediction,
      String(Number(one.probability.toPrecision(6))),
    ]);
    expect(cells).toEqual(["abc", ...wanted]);
  });

  it("writes a prediction and its probability for people", async () => {
    const [one] = await answered(["three"], "abc");
    expect(one).toMatch(/^[xyz] 0\.\d{3}$/);
    const [all] = await answered(["three", "--top", "2"], "abc");
    expect(all).toMatch(/^[xyz] 0\.\d{3}, [xyz] 0\.\d{3}$/);
    expect(all.startsWith(one)).toBe(true);
  });

  it("predicts the second of two classes from the threshold on, and writes it first", async () => {
    const always = answersIn(await answered(["two", "two.tsv", "--threshold", "0", "--top", "2", "--json"]));
    const never = answersIn(await answered(["two", "two.tsv", "--threshold", "1", "--json"]));
    expect(new Set(always.map(({ prediction }) => prediction))).toEqual(new Set(["verb"]));
    expect(new Set(never.map(({ prediction }) => prediction))).toEqual(new Set(["noun"]));
    always.forEach(({ candidates, probability }, index) => {
      expect(candidates.map(({ prediction }) => prediction)).toEqual(["verb", "noun"]);
      expect(candidates[0].probability).toBe(probability);
      expect(probability + never[index].probability).toBeCloseTo(1, 6);
    });
    const [line] = await answered(["two", "--threshold", "0", "--top", "2", "--tsv"], "abc");
    expect(line).toMatch(/^abc\tverb\t[\d.]+\tnoun\t[\d.]+$/);
  });

  it("refuses a threshold for three classes or for numbers, and one that is no probability", async () => {
    for (const model of ["three", "ages"]) {
      const { exitCode, stdout, line } = await refusal([model, "--threshold", "0.5"], "abc");
      expect([exitCode, stdout, line]).toEqual([1, "", expect.stringMatching(/--threshold .* two classes/)]);
    }
    const { exitCode, line } = await refusal(["two", "--threshold", "1.5"], "abc");
    expect([exitCode, line]).toEqual([2, expect.stringMatching(/--threshold takes .*1\.5/)]);
  });

  it("predicts numbers from rows of numbers", async () => {
    const lines = await answered(["ages", "sizes.csv"]);
    expect(lines).toHaveLength(60);
    expect(lines.every((line) => Number.isFinite(Number(line)))).toBe(true);
    // The same row in both ways to write numbers on a line.
    expect(await answered(["ages"], "150,0\n150 0\n")).toEqual([lines[0], lines[0]]);
    const [json] = await answered(["ages", "--json"], "151,0.5");
    expect(JSON.parse(json)).toEqual({
      input: [151, 0.5],
      prediction: expect.any(Number) as number,
      candidates: [],
    });
    expect(await answered(["ages", "--tsv"], "151,0.5")).toEqual([`151 0.5\t${lines[1]}`]);
  });

  it.runIf(testsAll)("takes the newest run if none is named, and says so on standard error", async () => {
    await train("alone", "three.tsv", ...texts, "--out", "newest");
    const unnamed = await charrnn(["predict", "three.tsv", "--out", "newest"], folder);
    expect([unnamed.exitCode, unnamed.stderr]).toEqual([0, "model newest/alone/best.json\n"]);
    expect(unnamed.stdout.split("\n")).toHaveLength(words.length + 1);
  });

  it("prints nothing for no input", async () => {
    expect(await answered(["three"], "")).toEqual([]);
  });

  it("answers a line as soon as it comes", async () => {
    const child = start(["predict", "three", "--threads", "1"], folder);
    child.stdin.write("abc\n");
    const answer = await new Promise((resolve) => child.stdout.once("data", resolve));
    expect(String(answer)).toMatch(/^[xyz] 0\.\d{3}\n$/);
    child.stdin.end();
    expect(await exitOf(child)).toBe(0);
  });

  it.runIf(testsAll)("ends quietly if its reader leaves", async () => {
    const child = start(["predict", "three", "--json"], folder);
    let stderr = "";
    child.stderr.on("data", (piece) => (stderr += String(piece)));
    child.stdout.once("data", () => child.stdout.destroy());
    // The process may be gone before it has read all of its input.
    child.stdin.on("error", () => undefined).end("abcde\n".repeat(20_000));
    expect([await exitOf(child), stderr]).toEqual([0, ""]);
  });
});

describe("predict refuses in one line", () => {
  it.each([
    [
      "an empty line",
      ["three"],
      "abc\n\nab\n",
      /standard input, line 2, column "word" is empty: .*take the line out/,
    ],
    [
      "an unknown character",
      ["three"],
      "abQ",
      /"Q" \(U\+0051\) at offset 2 of standard input, line 1, column "word"/,
    ],
    [
      "text for a number",
      ["ages"],
      "1,2\n3,x",
      /standard input, line 2, column "weight" must be a number, but is "x"/,
    ],
    ["too few numbers", ["ages"], "1", /line 1 has 1 values, but the model reads 2 \(height, weight\)/],
    [
      "a table without the column",
      ["three", "sizes.csv"],
      "",
      /sizes\.csv has no column "word"; it has "height"/,
    ],
    ["a file that is not there", ["three", "none.tsv"], "", /none\.tsv.*check the path/],
  ])("%s", async (_name, argv, stdin, message) => {
    const { exitCode, line } = await refusal(argv, stdin);
    expect([1, 2]).toContain(exitCode);
    expect(line).toMatch(message);
  });

  it.runIf(testsAll)("a language model, and names sample", async () => {
    const text = write("hello.txt", Array<string>(100).fill("hello"));
    await train("hello", text, "--seq-length", "5");
    const { exitCode, line } = await refusal(["hello"], "abc");
    expect([exitCode, line]).toEqual([1, expect.stringMatching(/language-model.*charrnn sample/)]);
  });
});
