import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeAll, describe, expect, it } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { charrnn, exitOf, start } from "./process.ts";
import { allOr } from "../scope.ts";

const folder = mkdtempSync(join(tmpdir(), "charrnn-"));
writeFileSync(join(folder, "hello.txt"), "hello\n".repeat(200));
const small = [
  "--hidden",
  "8",
  "--layers",
  "1",
  "--batch-size",
  "2",
  "--seq-length",
  "6",
  "--engine",
  "reference",
];

describe("training, sampling and evaluating in one folder", () => {
  beforeAll(async () => {
    const argv = [
      "train",
      "hello.txt",
      ...small,
      "--lr",
      "0.05",
      "--steps",
      "150",
      "--json",
      "--name",
      "hello",
    ];
    const { exitCode, stdout } = await charrnn(argv, folder);
    expect(exitCode).toBe(0);
    const events = stdout.trimEnd().split("\n");
    expect(events[0]).toMatch(/^\{"event":"start",/);
    expect(events.at(-1)).toMatch(/^\{"event":"end","reason":"finished","step":150,/);
    expect(readFileSync(join(folder, "checkpoints/hello/metrics.jsonl"), "utf8")).toBe(stdout);
  });

  it("samples what it has learned, from the prime on", async () => {
    const argv = ["sample", "--temp", "0", "--prime", "he", "--length", "10", "--seed", "1"];
    expect(await charrnn(argv, folder)).toEqual({
      exitCode: 0,
      stdout: "hello\nhello\n",
      stderr: "model checkpoints/hello/best.json\n",
    });
    // Whoever names one knows.
    expect((await charrnn(["sample", "hello", "--length", "1", "--seed", "1"], folder)).stderr).toBe("");
  });

  it("evaluates the same number as the validation that made the best checkpoint", async () => {
    const { exitCode, stdout, stderr } = await charrnn(
      ["eval", "hello", "--json", "--no-baselines", "--engine", "reference"],
      folder,
    );
    expect([exitCode, stderr]).toEqual([0, ""]);
    const { loss } = JSON.parse(stdout) as { loss: number };
    const metrics = readFileSync(join(folder, "checkpoints/hello/metrics.jsonl"), "utf8")
      .trimEnd()
      .split("\n");
    const { best } = JSON.parse(metrics.at(-1) ?? "") as { best: { loss: number } };
    expect(loss).toBe(best.loss);
  });

  it("evaluates the shipped model anywhere, on the text that is shipped with it", async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), "charrnn-"));
    const { exitCode, stdout } = await charrnn(["eval", "--json", "--no-baselines"], elsewhere);
    expect(exitCode).toBe(0);
    // The split is 50,000 characters of corpora/tales.txt, all but the first of which are scored.
    expect(JSON.parse(stdout)).toMatchObject({ text: "val", characters: 49_999 });
  });

  it("says that a finished run is finished, and exits with 0", async () => {
    const { exitCode, stderr } = await charrnn(["train", "--resume"], folder);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("no unfinished run")]);
    expect((await charrnn(["train", "--resume", "hello"], folder)).exitCode).toBe(0);
  });
});

describe("an interrupted training", () => {
  const signals = [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const;
  it.each(allOr(signals.slice(0, 1), signals))(
    "saves after %s, exits with %d, and goes on from there",
    async (signal, code) => {
      const argv = ["train", "hello.txt", ...small, "--epochs", "100000", "--json", "--name", signal];
      const child = start(argv, folder);
      child.stdout.once("data", () => child.kill(signal));
      const [exitCode, stdout] = await Promise.all([exitOf(child), text(child.stdout)]);
      expect(exitCode).toBe(code);
      const end = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as { reason: string; step: number };
      expect(end.reason).toBe("interrupted");
      const latest = join(folder, "checkpoints", signal, "latest.json");
      expect(readCheckpoint(latest).training?.step).toBe(end.step);

      const resumed = await charrnn(
        ["train", "--steps", String(end.step + 1), "--json", "--resume", signal],
        folder,
      );
      expect(resumed.exitCode).toBe(0);
      expect(JSON.parse(resumed.stdout.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
        step: end.step + 1,
      });
    },
  );
});
