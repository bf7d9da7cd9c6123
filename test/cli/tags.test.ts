import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { run } from "../../src/cli/command-line.ts";
import { fakeTerminal } from "./fake-terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "charrnn-"));
const runs = join(folder, "runs");
const words = join(runs, "words");
const letters = join(runs, "letters");
const small = ["--layers", "1", "--hidden", "6", "--batch-size", "4", "--threads", "1", "--out", runs];
const tagging = ["--task", "many-to-many", "--bidirectional"];

function write(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A sentence of CoNLL: a line for each token. */
const sentence = (...tokens: [string, string][]) =>
  `${tokens.map((token) => token.join("\t")).join("\n")}\n\n`;

// Sixty sentences: a noun and a verb, or a verb alone. "run" is a noun in one of three, and a verb in the others.
const sentences = Array.from({ length: 60 }, (_, index) =>
  index % 3 === 0 ? sentence(["run", "N"], ["ends", "V"]) : sentence(["run", "V"]),
);
const conll = write("words.conll", sentences.join(""));
const marks = write(
  "marks.tsv",
  `word\tcase\n${Array.from({ length: 40 }, (_, index) => (index % 2 ? "aB\tlu\n" : "Cde\tull\n")).join("")}`,
);

async function ran(argv: readonly string[], stdin = "") {
  const terminal = fakeTerminal({ stdin });
  const exitCode = await run([...argv], terminal);
  return { exitCode, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
}

async function evaluated(...argv: string[]): Promise<Record<string, unknown>> {
  const { exitCode, stdout, stderr } = await ran(["eval", ...argv, "--json", "--threads", "1"]);
  expect([exitCode, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function predicted(...argv: string[]): Promise<string[]> {
  const { exitCode, stdout, stderr } = await ran(["predict", ...argv, "--threads", "1"]);
  expect([exitCode, stderr]).toEqual([0, ""]);
  return stdout.split("\n").slice(0, -1);
}

let events: Record<string, unknown>[] = [];

beforeAll(async () => {
  const quick = ["--steps", "60", "--lr", "0.03", "--eval-every", "30", "--quiet", "--json"];
  const columns = ["--input", "1", "--target", "2", "--metric", "token-accuracy"];
  const trained = await ran(["train", conll, ...tagging, ...columns, ...small, ...quick, "--name", "words"]);
  expect(trained.exitCode).toBe(0);
  events = trained.stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>); // prettier-ignore
  const named = ["--input", "word", "--target", "case"];
  const other = await ran(["train", marks, ...tagging, ...named, ...small, ...quick, "--name", "letters"]);
  expect(other.exitCode).toBe(0);
});

describe("tags in train --json", () => {
  it("are counted at the start, and measured in each validation", () => {
    expect(events[0]).toMatchObject({ event: "start", examples: { train: 54, val: 3, test: 3 }, classes: 2 });
    const [evaluation] = events.filter(({ event }) => event === "eval");
    const metrics = ["loss", "accuracy", "tokenAccuracy", "macroF1"];
    expect(Object.keys(evaluation)).toEqual(["event", "step", "split", ...metrics]);
  });

  it("decide which step is the best", () => {
    expect(events.at(-1)).toMatchObject({ best: { metric: "tokenAccuracy" } });
  });
});

describe("eval of tags", () => {
  it("scores steps and tokens, and looks up each token's commonest tag as the baseline", async () => {
    const result = await evaluated(words, conll);
    // 20 sentences of two tokens and 40 of one: 80 tokens, N 20 times. The lookup says V for every "run".
    expect(result).toMatchObject({
      examples: 60,
      accuracy: 1,
      tokenAccuracy: 1,
      confusion: [[20, 0], [0, 60]],
      baselines: { commonest: { accuracy: 0.75 }, lookup: { accuracy: 0.75 } },
    }); // prettier-ignore
    expect(result.perClass).toMatchObject([{ label: "N", support: 20 }, { label: "V", support: 60 }]); // prettier-ignore
  });

  it("looks up characters where each has a tag", async () => {
    const result = await evaluated(letters, marks);
    expect(result).toMatchObject({ tokenAccuracy: 1, baselines: { lookup: { accuracy: 1 } } });
  });

  it("prints a table of tags and tokens", async () => {
    const { stdout } = await ran(["eval", words, conll]);
    expect(stdout).toMatch(/^token accuracy +100\.00 %$/m);
    expect(stdout).toMatch(/^step accuracy +100\.00 %$/m);
    expect(stdout).toMatch(/^loss +\d\.\d+ nats per step$/m);
    expect(stdout).toMatch(/^tag by lookup +accuracy 75\.00 %, macro F1 0\.4286$/m);
    expect(stdout).toMatch(/^tag +precision +recall +F1 +tokens$/m);
  });
});

describe("predict of tags", () => {
  it("gives lists for the tokens of each line", async () => {
    const lines = write("lines.txt", "run ends\nrun\n");
    const [first, second] = (await predicted(words, lines, "--json", "--top", "2")).map(
      (line) => JSON.parse(line) as Record<string, unknown[]>,
    );
    expect(first).toMatchObject({ input: ["run", "ends"], prediction: ["N", "V"] });
    expect(second).toMatchObject({ input: ["run"], prediction: ["V"] });
    expect(first.probability).toHaveLength(2);
    expect(first.candidates).toMatchObject([
      [{ prediction: "N", probability: first.probability[0] }, { prediction: "V" }],
      [{ prediction: "V", probability: first.probability[1] }, { prediction: "N" }],
    ]);
  });

  it("reads a CoNLL file with or without its tags", async () => {
    const bare = write("bare.conll", "run\nends\n\nrun\n");
    expect(await predicted(words, bare)).toEqual(["NV", "V"]);
    expect((await predicted(words, conll, "--tsv")).slice(0, 2)).toEqual(["run ends\tNV", "run\tV"]);
  });

  it("gives a tag for each character", async () => {
    const lines = write("letters.txt", "Cde\naB\n");
    expect(await predicted(letters, lines)).toEqual(["ull", "lu"]);
    const [first] = await predicted(letters, lines, "--json");
    expect(JSON.parse(first)).toMatchObject({ input: "Cde", prediction: ["u", "l", "l"] });
  });
});

describe("bad tags are refused in one line that says where they are", () => {
  it.each([
    [
      "tags and characters of unequal count",
      ["train", write("few.tsv", "word\tcase\naB\tlu\nabc\tll\n"), ...tagging, "--input", "word", "--target", "case"],
      /few\.tsv, line 3, column "case" has 2 tags for 3 characters: there must be one tag for each$/,
    ],
    [
      "a tag that was not trained",
      ["eval", words, write("new.conll", "run\tV\n\nends\tADJ\n")],
      /new\.conll, line 3, column "2" is "ADJ", which is no label of the model \("N", "V"\): correct it/,
    ],
    ["bytes", ["train", marks, ...tagging, "--input", "word", "--target", "case", "--unit", "byte"], /leave out --unit$/],
    [
      "--target-tokens elsewhere",
      ["train", marks, "--task", "many-to-one", "--input", "word", "--target", "case", "--target-tokens"],
      /--target-tokens is for --task one-to-many, many-to-many or sequence-to-sequence/,
    ],
  ])("%s", async (_name, argv, message) => {
    const { exitCode, stdout, stderr } = await ran([...argv, ...(argv[0] === "train" ? ["--out", join(folder, "no")] : [])]);
    expect([exitCode > 0, stdout, stderr]).toEqual([true, "", expect.stringMatching(/^charrnn: [^\n]+\n$/)]);
    expect(stderr.trimEnd()).toMatch(message);
  }); // prettier-ignore
});
