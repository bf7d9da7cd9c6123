import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { readCheckpoint } from "../../../src/checkpoint/read.ts";
import { run } from "../../../src/cli/command-line.ts";
import { fakeTerminal } from "../fake-terminal.ts";
import { charrnn, exitOf, start } from "../process.ts";
import { bitsOf, wordsOf } from "../../training/fixture.ts";
import { testsAll } from "../../scope.ts";

function folderWithText(): string {
  const folder = mkdtempSync(join(tmpdir(), "charrnn-"));
  writeFileSync(join(folder, "words.txt"), wordsOf(3000));
  return folder;
}

const small = [
  "--layers",
  "1",
  "--steps",
  "12",
  "--seq-length",
  "10",
  "--batch-size",
  "4",
  "--engine",
  "wasm",
];

describe("charrnn sweep", () => {
  it.runIf(testsAll)("trains runs that equal those of train, compares them, and repeats none", async () => {
    const folder = folderWithText();
    const argv = [
      "sweep",
      "words.txt",
      ...small,
      "--grid",
      "cell=rnn,gru",
      "--grid",
      "hidden=5",
      "--seeds",
      "2",
    ];
    const first = await charrnn(argv, folder);
    expect(first).toMatchObject({ exitCode: 0 });
    expect(first.stdout).toMatch(/^cell +runs +best loss/);
    const names = ["rnn-s1", "rnn-s2", "gru-s1", "gru-s2"];
    const sweep = join(folder, "checkpoints", "words-sweep");
    expect(readdirSync(sweep).sort()).toEqual([...names, "results.jsonl", "sweep.json"].sort());

    const alone = [
      "train",
      "words.txt",
      ...small,
      "--cell",
      "gru",
      "--hidden",
      "5",
      "--seed",
      "2",
      "--name",
      "{cell}-x",
    ];
    expect(await charrnn(alone, folder)).toMatchObject({ exitCode: 0 });
    const bits = (path: string) => bitsOf(readCheckpoint(join(folder, "checkpoints", path)));
    expect(bits("words-sweep/gru-s2/latest.json")).toEqual(bits("gru-x/latest.json"));

    const results = readFileSync(join(sweep, "results.jsonl"), "utf8");
    expect(await charrnn(["sweep", "words-sweep"], folder)).toMatchObject({
      exitCode: 0,
      stdout: first.stdout,
    });
    expect(readFileSync(join(sweep, "results.jsonl"), "utf8")).toBe(results);

    const another = await charrnn([...argv, "--lr", "0.1"], folder);
    expect(another).toMatchObject({ exitCode: 1, stdout: "" });
    expect(another.stderr).toMatch(
      /has a run rnn-s1 that is not in this spec: give the sweep another --name/,
    );

    const compared = await charrnn(["compare", "words-sweep", "--test", "--json"], folder);
    const { runs, groups } = JSON.parse(compared.stdout) as {
      runs: { name: string; best: object; test: { loss: number }; parameters: number; seconds: number }[];
      groups: { runs: string[]; test: { mean: number } }[];
    };
    expect(runs.map(({ name }) => name).sort()).toEqual([...names].sort());
    const losses = runs.filter(({ name }) => name.startsWith("gru")).map(({ test }) => test.loss);
    const gru = groups.find(({ runs }) => runs.includes("gru-s1"));
    expect(gru?.test.mean).toBeCloseTo((losses[0] + losses[1]) / 2, 12);
    const scored = await charrnn(
      ["eval", "words-sweep/gru-s1", "--split", "test", "--json", "--no-baselines"],
      folder,
    );
    const { loss } = JSON.parse(scored.stdout) as { loss: number };
    expect(runs.find(({ name }) => name === "gru-s1")?.test.loss).toBe(loss);
    const listed = await charrnn(["runs", "--json"], folder);
    expect(listed.stdout).toContain('"name":"words-sweep/gru-s1"');
  });

  it("saves at Ctrl-C, exits with 130, and goes on from there", async () => {
    const folder = folderWithText();
    const argv = ["sweep", "words.txt", ...small, "--steps", "20000", "--seeds", "2", "--hidden", "5"];
    const child = start([...argv, "--jobs", "1", "--sample-every", "0", "--val-frac", "0"], folder);
    const latest = join(folder, "checkpoints", "words-sweep", "s1", "latest.json");
    const exit = exitOf(child);
    // The run is saved before its first step.
    while (!existsSync(latest)) await sleep(20);
    await sleep(200);
    child.kill("SIGINT");
    expect(await exit).toBe(130);
    const { training } = readCheckpoint(latest);
    expect(training?.step).toBeGreaterThan(0);
    expect(training?.step).toBeLessThan(20000);
  });

  it("refuses a wrong spec in one line with its place", async () => {
    const folder = folderWithText();
    writeFileSync(join(folder, "spec.yaml"), "corpus: words.txt\ngrid:\n  hiden: [3]\n");
    const terminal = fakeTerminal();
    expect(await run(["sweep", join(folder, "spec.yaml")], terminal)).toBe(2);
    expect(terminal.stdout.text).toBe("");
    expect(terminal.stderr.text).toMatch(/^charrnn: \S+spec\.yaml:3:3: there is no option "hiden"[^\n]*\n$/);
  });
});
