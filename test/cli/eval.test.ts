import { exec, execFileSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { evaluate, positionals, printEvaluation } from "../../src/cli/eval.ts";
import type { EvalFlags, EvaluateText } from "../../src/cli/eval.ts";
import { packageFolder, shippedCheckpoint } from "../../src/cli/package.ts";
import { UsageError } from "../../src/errors.ts";
import { anyCheckpoint } from "./checkpoint.ts";
import { evaluation } from "./evaluation.ts";
import { fakeTerminal } from "./fake-terminal.ts";
import type { FakeTerminal } from "./fake-terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "charrnn-"));

it("says that a name is none of what it could be", async () => {
  const flags = { unknown: "error", baselines: true, out: folder, engine: "auto" } as const;
  await expect(evaluate("nosuch", undefined, flags, fakeTerminal())).rejects.toThrow(
    "there is no text, checkpoint or run called nosuch: check the path; `charrnn runs` lists the runs",
  );
});

describe("the arguments of eval", () => {
  const runs = join(folder, "runs");
  mkdirSync(join(runs, "tales"), { recursive: true });
  writeFileSync(join(runs, "tales", "latest.json"), "{}");
  mkdirSync(join(folder, "texts"));

  it.each([
    [[], {}],
    [["model.json"], { checkpoint: "model.json" }],
    [["tales"], { checkpoint: "tales" }],
    [[join(runs, "tales")], { checkpoint: join(runs, "tales") }],
    [[join(folder, "texts")], { text: join(folder, "texts") }],
    [["story.txt"], { text: "story.txt" }],
    [["./tales"], { text: "./tales" }],
    [["-"], { text: "-" }],
    [["tales", "-"], { checkpoint: "tales", text: "-" }],
    [["anything", "text.json"], { checkpoint: "anything", text: "text.json" }],
  ])("%j", ([first, second]: string[], meaning) => {
    expect(positionals(first, second, runs)).toEqual({ checkpoint: undefined, text: undefined, ...meaning });
  });
});

interface Given {
  source: Parameters<EvaluateText>[1];
  options: NonNullable<Parameters<EvaluateText>[2]>;
}

async function printed(
  text: string | undefined,
  flags: Partial<EvalFlags>,
  terminal: FakeTerminal = fakeTerminal(),
  during: (given: Given) => void = () => undefined,
  model: Parameters<typeof printEvaluation>[1] = {
    path: "checkpoints/tales/best.json",
    checkpoint: anyCheckpoint,
  },
) {
  const given: Given[] = [];
  const evaluateText: EvaluateText = (_checkpoint, source, options) => {
    const call = { source, options: options ?? {} };
    given.push(call);
    during(call);
    return Promise.resolve(evaluation);
  };
  const defaults = { unknown: "error", baselines: true, out: "checkpoints", engine: "auto" } as const;
  await printEvaluation(evaluateText, model, text, { ...defaults, ...flags }, terminal);
  return { terminal, ...given[0] };
}

describe("eval", () => {
  it("scores the validation split unless a text or another split is given", async () => {
    const asked = async (text: string | undefined, flags: Partial<EvalFlags>) => {
      const { split, text: path } = (await printed(text, flags)).source;
      return [split, path];
    };
    expect(await asked(undefined, {})).toEqual(["val", undefined]);
    expect(await asked(undefined, { split: "test" })).toEqual(["test", undefined]);
    expect(await asked("story.txt", {})).toEqual([undefined, "story.txt"]);
    // Where the text that the model was trained on is now.
    expect(await asked("story.txt", { split: "val" })).toEqual(["val", "story.txt"]);
  });

  it("prints one object with --json, the checkpoint first", async () => {
    const { terminal } = await printed(undefined, { json: true });
    expect(JSON.parse(terminal.stdout.text)).toEqual({
      checkpoint: "checkpoints/tales/best.json",
      ...evaluation,
    });
    expect(terminal.stdout.text).toMatch(/^\{"checkpoint":/);
    expect(terminal.stderr.text).toBe("");
  });

  it("writes the loss of each character as a JSON line, however many there are", async () => {
    const file = join(folder, "losses.jsonl");
    await printed(undefined, { perChar: file }, fakeTerminal(), ({ options }) => {
      for (let offset = 1; offset <= 5000; offset++) options.perCharacter?.(offset, "é", 0.5);
    });
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(5000);
    expect(lines[4999]).toBe('{"offset":5000,"symbol":"é","loss":0.5}');
  });

  it("puts the losses in the place of what the file held before", async () => {
    const file = join(folder, "again.jsonl");
    writeFileSync(file, "the losses of another text\n".repeat(9));
    await printed(undefined, { perChar: file }, fakeTerminal(), ({ options }) => {
      options.perCharacter?.(1, "é", 0.5);
    });
    expect(readFileSync(file, "utf8")).toBe('{"offset":1,"symbol":"é","loss":0.5}\n');
  });

  it.each([
    ["that takes them all", "cat", 20_000],
    ["whose reader leaves after the first", "head -n 1", 1],
  ])("writes the losses to a pipe %s, and tells the score", async (_which, reader, lines) => {
    const [pipe, read] = [join(folder, `${reader}.pipe`), join(folder, `${reader}.jsonl`)];
    execFileSync("mkfifo", [pipe]);
    const reading = promisify(exec)(`${reader} < "${pipe}" > "${read}"`);
    // 20,000 lines are more than a pipe holds.
    const { terminal } = await printed(undefined, { perChar: pipe }, fakeTerminal(), ({ options }) => {
      for (let offset = 1; offset <= 20_000; offset++) options.perCharacter?.(offset, "é", 0.5);
    });
    await reading;
    expect(readFileSync(read, "utf8")).toBe(
      Array.from({ length: lines }, (_, i) => `{"offset":${i + 1},"symbol":"é","loss":0.5}\n`).join(""),
    );
    expect(terminal.stdout.text).toContain("bits per character");
  });

  it("writes no losses to standard output by -", async () => {
    const evaluating = printed(undefined, { perChar: "-" });
    await expect(evaluating).rejects.toThrow("--per-char takes a file: /dev/stdout is standard output");
  });

  it("writes no losses over the text, the model's run or its own text, be it through a link", async () => {
    const run = join(folder, "scored-run");
    mkdirSync(run);
    const names = ["step-5.json", "best.json", "latest.json", "options.json", "metrics.jsonl"];
    const [path, best, latest, options, metrics, text, own] = [...names, "scored.txt", "own.txt"].map(
      (name) => {
        const file = join(run, name);
        writeFileSync(file, "kept");
        return file;
      },
    );
    const [symbolic, hard] = [join(folder, "symbolic"), join(folder, "hard")];
    symlinkSync(text, symbolic);
    linkSync(own, hard);
    const training = { step: 1, corpus: { files: [own], sha256: "", symbols: 4 } };
    const model = { path, checkpoint: { ...anyCheckpoint, training } };
    for (const [perChar, lost] of [
      [path, path],
      [best, best],
      [latest, latest],
      [options, options],
      [metrics, metrics],
      [symbolic, text],
      [hard, own],
    ]) {
      const evaluating = printed(text, { perChar }, fakeTerminal(), undefined, model);
      await expect(evaluating).rejects.toThrow(UsageError);
      await expect(evaluating).rejects.toThrow(
        `--per-char ${perChar} would overwrite ${lost}: name another file`,
      );
      expect(readFileSync(lost, "utf8")).toBe("kept");
    }
  });

  it("writes no losses over the text of the shipped model, in whatever folder it is asked to", async () => {
    const tales = join(packageFolder, "corpora", "tales.txt");
    const training = { step: 1, corpus: { files: ["corpora/tales.txt"], sha256: "", symbols: 4 } };
    const model = { path: shippedCheckpoint, checkpoint: { ...anyCheckpoint, training } };
    const before = process.cwd();
    process.chdir(folder);
    try {
      // Nothing is written even if it is not refused.
      const evaluating = printed(
        undefined,
        { perChar: tales },
        fakeTerminal(),
        () => {
          throw new Error("it scored");
        },
        model,
      );
      await expect(evaluating).rejects.toThrow(`--per-char ${tales} would overwrite ${tales}`);
    } finally {
      process.chdir(before);
    }
  });

  it("names a file for the losses that cannot be written before it scores anything", async () => {
    const perChar = join(folder, "no", "such");
    const evaluating = printed(undefined, { perChar }, fakeTerminal(), () => {
      throw new Error("it scored");
    });
    await expect(evaluating).rejects.toThrow(/^cannot write .*such: /);
  });

  it("leaves no file for the losses of a text that cannot be scored, and one that was there as it was", async () => {
    const [fresh, kept] = [join(folder, "fresh.jsonl"), join(folder, "kept.jsonl")];
    writeFileSync(kept, "kept");
    for (const perChar of [fresh, kept]) {
      const failing = printed(undefined, { perChar }, fakeTerminal(), () => {
        throw new Error("it cannot be scored");
      });
      await expect(failing).rejects.toThrow("it cannot be scored");
    }
    expect(existsSync(fresh)).toBe(false);
    expect(readFileSync(kept, "utf8")).toBe("kept");
  });

  it("knows the shipped model through a link, and finds its text from anywhere", async () => {
    const path = join(folder, "linked.json");
    symlinkSync(shippedCheckpoint, path);
    const model = { path, checkpoint: anyCheckpoint };
    expect((await printed(undefined, {}, fakeTerminal(), undefined, model)).options.corpusFolder).toBe(
      packageFolder,
    );
  });

  it("shows how far it has come, and leaves with 130 as soon as it is interrupted", async () => {
    const terminal = fakeTerminal({ columns: 80 });
    await printed(undefined, {}, terminal, ({ options }) => {
      options.progress?.(1, 2);
      terminal.signals.emit("SIGINT", "SIGINT");
      expect(terminal.exits).toEqual([130]);
    });
    expect(terminal.stderr.text).toContain("scoring 50%");
  });
});
