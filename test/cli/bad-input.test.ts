import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { writeCheckpoint } from "../../src/checkpoint/write.ts";
import { type Checkpoint } from "../../src/checkpoint/format.ts";
import { type StoredValues } from "../../src/model/weights.ts";
import { run } from "../../src/cli/command-line.ts";
import { fakeTerminal } from "./fake-terminal.ts";
import { commandOf } from "./process.ts";

const folder = mkdtempSync(join(tmpdir(), "charrnn-"));
const out = join(folder, "runs");

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A command's exit code and its line; fails where it prints more than one line, or anything as data. */
async function refusal(...argv: string[]) {
  const terminal = fakeTerminal();
  const exitCode = await run(argv, terminal);
  expect(terminal.stdout.text).toBe("");
  expect(terminal.stderr.lines).toHaveLength(1);
  return { exitCode, line: terminal.stderr.lines[0] };
}

const text = "to be or not to be, that is the question\n".repeat(20);
const small = [
  "--hidden",
  "4",
  "--layers",
  "1",
  "--seq-length",
  "5",
  "--batch-size",
  "2",
  "--engine",
  "reference",
];

describe("a corpus", () => {
  const good = file("good.txt", text);

  it.each([
    ["that is missing", join(folder, "no-such.txt"), /no-such\.txt/],
    ["that is empty", file("empty.txt", ""), /empty/],
    ["that is shorter than a chunk", file("short.txt", text.slice(0, 40)), /--batch-size|--seq-length/],
    // 0xff, at offset 3, is in no UTF-8.
    ["that is not UTF-8", file("latin.txt", Uint8Array.of(97, 98, 99, 255, 97)), /3.*--unit byte/],
  ])("%s is refused with a line, and no run is left behind", async (_name, corpus, message) => {
    const { exitCode, line } = await refusal("train", corpus, "--out", out);
    expect([exitCode, line]).toEqual([1, expect.stringMatching(message)]);
    expect(existsSync(out) ? readdirSync(out) : []).toEqual([]);
  });

  it.each([
    ["--layers", "-1"],
    ["--hidden", "0"],
    ["--hidden", "1e12"],
    ["--batch-size", "2.5"],
    ["--lr", "-0.1"],
    ["--dropout", "1"],
    ["--val-frac", "1.5"],
    ["--clip-norm", "-5"],
    ["--seed", "-1"],
    ["--threads", "100000"],
  ])("with %s %s is refused as wrong usage", async (flag, value) => {
    const { exitCode, line } = await refusal("train", good, flag, value, "--out", out);
    expect([exitCode, line]).toEqual([2, expect.stringContaining(`${flag} takes`)]);
  });

  it("with splits that leave nothing to train on is refused as wrong usage", async () => {
    const { exitCode, line } = await refusal(
      "train",
      good,
      "--val-frac",
      "0.5",
      "--test-frac",
      "0.5",
      "--out",
      out,
    );
    expect([exitCode, line]).toEqual([2, expect.stringMatching(/--val-frac.*--test-frac/)]);
  });

  it("with more memory than there can be is refused before anything is written", async () => {
    const { exitCode, line } = await refusal(
      "train",
      good,
      "--hidden",
      "60000",
      "--layers",
      "64",
      "--seq-length",
      "5",
      "--batch-size",
      "2",
      "--out",
      out,
    );
    expect([exitCode, line]).toEqual([1, expect.stringContaining("--hidden")]);
    expect(existsSync(out) ? readdirSync(out) : []).toEqual([]);
  });

  it("with an output that cannot be written is refused with a line that names it", async () => {
    const { exitCode, line } = await refusal("train", good, ...small, "--out", join(good, "runs"));
    expect([exitCode, line]).toEqual([1, expect.stringContaining(join(good, "runs"))]);
  });
});

describe("a checkpoint", () => {
  let bytes: Buffer;

  beforeAll(async () => {
    const path = join(folder, "model.json");
    await writeCheckpoint(path, model);
    bytes = readFileSync(path);
  });

  it("that is missing is named", async () => {
    const { exitCode, line } = await refusal("sample", join(folder, "no-such.json"));
    expect([exitCode, line]).toEqual([1, expect.stringContaining("no-such.json")]);
  });

  it("that is cut short anywhere is refused", async () => {
    for (const share of [0, 0.3, 0.6, 0.99]) {
      const cut = file("cut.json", bytes.subarray(0, Math.floor(bytes.length * share)));
      const { exitCode, line } = await refusal("sample", cut);
      expect([exitCode, line]).toEqual([1, expect.stringContaining("cut.json")]);
    }
  });

  it("with one flipped bit anywhere is refused", async () => {
    for (let at = 0; at < bytes.length; at += 37) {
      const flipped = Buffer.from(bytes);
      flipped[at] ^= 1 << (at % 8);
      const { exitCode, line } = await refusal("sample", file("flipped.json", flipped));
      expect([exitCode, line]).toEqual([1, expect.stringContaining("flipped.json")]);
    }
  });

  it("with a NaN among its weights is refused, and the parameter named", async () => {
    // 0.5, 0.5 as two little-endian floats, and a NaN (7fc00000) and 0.5, both in base64.
    const content = bytes
      .toString()
      .replace(/,"checksum".*/, "")
      .replace("AAAAPwAAAD8=", "AADAfwAAAD8=");
    const checksum = createHash("sha256").update(content).digest("hex");
    const path = file("nan.json", `${content},"checksum":"sha256:${checksum}"}`);
    const { exitCode, line } = await refusal("sample", path);
    expect([exitCode, line]).toEqual([1, expect.stringMatching(/nan\.json.*rnn\.weight_ih_l0/)]);
  });

  it("does not go on from a prime with a character that it does not know", async () => {
    const { exitCode, line } = await refusal("sample", join(folder, "model.json"), "--prime", "abXa");
    expect([exitCode, line]).toEqual([1, expect.stringMatching(/X.*U\+0058.*2/)]);
  });

  it("names the file of a prime that it cannot read as its own", async () => {
    const primed = (prime: string) => refusal("sample", join(folder, "model.json"), "--prime-file", prime);
    // No encoding has a text of these.
    const invalid = await primed(file("prime.txt", Uint8Array.of(97, 98, 255, 1, 1)));
    expect(invalid.exitCode).toBe(1);
    expect(invalid.line).toMatch(
      /prime\.txt is not UTF-8 at byte offset 2 \(0xff\); convert it to UTF-8, name its encoding \(--encoding\), or model raw bytes \(train --unit byte\)$/,
    );
    const foreign = await primed(file("foreign.txt", "abX"));
    expect(foreign.line).toMatch(/U\+0058.* of .*foreign\.txt is not in the model's vocabulary/);
  });

  it("does not score a text with a character that it does not know", async () => {
    const { exitCode, line } = await refusal("eval", join(folder, "model.json"), file("unknown.txt", "abXa"));
    expect([exitCode, line]).toEqual([1, expect.stringMatching(/X.*U\+0058.*2/)]);
  });
});

describe("resuming", () => {
  const corpus = file("resumed.txt", text);
  const latest = join(out, "first", "latest.json");

  beforeAll(async () => {
    const terminal = fakeTerminal();
    const argv = ["train", corpus, ...small, "--steps", "4", "--name", "first", "--out", out, "--quiet"];
    expect([await run(argv, terminal), terminal.stderr.text]).toEqual([
      0,
      expect.stringContaining("finished"),
    ]);
  });

  it.each([
    ["another size", ["--hidden", "8"], /--hidden/],
    ["another seed", ["--seed", "2"], /--seed/],
    ["another corpus", [file("other.txt", text.replaceAll("to", "go"))], /corpus|text/],
  ])("with %s is refused, and the run is as it was", async (_name, changes, message) => {
    const before = readFileSync(latest);
    const argv = ["train", ...changes, "--steps", "8", "--out", out, "--resume", "first"];
    const { exitCode, line } = await refusal(...argv);
    expect(exitCode).toBeGreaterThan(0);
    expect(line).toMatch(message);
    expect(readFileSync(latest).equals(before)).toBe(true);
  });

  it("a run that is not there is refused with a line that names it", async () => {
    const { exitCode, line } = await refusal("train", "--out", out, "--resume", "no-such-run");
    expect([exitCode, line]).toEqual([1, expect.stringContaining("no-such-run")]);
  });

  it("a run under a name that exists is no new run", async () => {
    const before = readFileSync(latest);
    const { exitCode, line } = await refusal("train", corpus, ...small, "--name", "first", "--out", out);
    expect([exitCode, line]).toEqual([1, expect.stringContaining("first")]);
    expect(readFileSync(latest).equals(before)).toBe(true);
  });
});

it.each(["sample", "eval", "runs"])("%s refuses an --out that is not there", async (command) => {
  const missing = join(folder, "no-such-folder");
  const { exitCode, line } = await refusal(command, "--out", missing);
  expect([exitCode, line]).toEqual([
    1,
    `charrnn: there is no folder ${JSON.stringify(missing)}: check --out`,
  ]);
});

/** A file system of 600 KB of one's own needs user namespaces, which are not everywhere. */
const canMount = spawnSync("unshare", ["-Urm", "true"]).status === 0;

describe("a full disk", () => {
  it.skipIf(!canMount)(
    "ends training with a line, and the last checkpoint is whole (in a user namespace)",
    () => {
      const disk = join(folder, "disk");
      const saved = join(folder, "saved.json");
      mkdirSync(disk);
      // An LSTM of 32 units and some 20 symbols with Adam's moments is a file of about 120 KB: four fit, and no fifth.
      const script = `
      mount -t tmpfs -o size=600k tmpfs "$DISK"
      "$@"; code=$?
      cp "$DISK/full/latest.json" "$SAVED"
      exit $code`;
      const argv = ["train", file("disk.txt", text), "--hidden", "32", "--layers", "1", "--seq-length", "5"];
      argv.push(
        "--checkpoint-every",
        "1",
        "--keep",
        "100",
        "--val-frac",
        "0",
        "--name",
        "full",
        "--out",
        disk,
      );
      const { status, stdout, stderr } = spawnSync(
        "unshare",
        ["-Urm", "sh", "-c", script, "sh", ...commandOf([...argv, "--engine", "reference", "--quiet"])],
        { env: { ...process.env, DISK: disk, SAVED: saved }, encoding: "utf8" },
      );
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      expect(stderr).toMatch(/^charrnn: [^\n]*the disk is full[^\n]*\n$/);
      expect(readCheckpoint(saved).training?.step).toBeGreaterThanOrEqual(1);
    },
  );
});

/** A model of two characters whose first parameter is 0.5, 0.5. */
const model: Checkpoint = {
  model: { cell: "rnn", layers: 1, hidden: 1, embedding: 0, dropout: 0 },
  vocabulary: { unit: "char", symbols: ["a", "b"] },
  parameters: new Map([
    ["rnn.weight_ih_l0", halves(1, 2)],
    ["rnn.weight_hh_l0", halves(1, 1)],
    ["rnn.bias_ih_l0", halves(1)],
    ["rnn.bias_hh_l0", halves(1)],
    ["head.weight", halves(2, 1)],
    ["head.bias", halves(2)],
  ]),
};

function halves(...shape: number[]): StoredValues {
  const size = shape.reduce((product, length) => product * length, 1);
  return { shape, dtype: "float32", data: new Float32Array(size).fill(0.5) };
}
