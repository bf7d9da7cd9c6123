import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { evaluate, printEvaluation, type EvalFlags } from "../../../src/cli/commands/eval.ts";
import { packageFolder, shippedCheckpoint } from "../../../src/cli/package.ts";
import { type Checkpoint } from "../../../src/checkpoint/format.ts";
import { describeEvaluation } from "../../../src/cli/display/evaluation-table.ts";
import { UsageError } from "../../../src/errors.ts";
import { type EvaluateOptions } from "../../../src/evaluation/evaluate.ts";
import { type EvaluationSource } from "../../../src/evaluation/source.ts";
import { anyCheckpoint } from "../checkpoint.ts";
import { evaluation } from "../evaluation.ts";
import { fakeTerminal, type FakeTerminal } from "../fake-terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "charrnn-"));

it("says that a name is none of what it could be", async () => {
  const flags = {
    unknown: "error",
    encoding: "utf-8",
    baselines: true,
    out: folder,
    engine: "auto",
  } as const;
  await expect(evaluate("nosuch", undefined, flags, fakeTerminal())).rejects.toThrow(
    "there is no text, checkpoint or run called nosuch: check the path; `charrnn runs` lists the runs",
  );
});

interface Given {
  source: EvaluationSource;
  options: EvaluateOptions;
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
  const evaluate = (_checkpoint: Checkpoint, source: EvaluationSource, options: EvaluateOptions) => {
    const call = { source, options };
    given.push(call);
    during(call);
    return Promise.resolve(evaluation);
  };
  const defaults = {
    unknown: "error",
    encoding: "utf-8",
    baselines: true,
    out: "checkpoints",
    engine: "auto",
  } as const;
  await printEvaluation(
    { evaluate, describe: describeEvaluation },
    model,
    text,
    { ...defaults, ...flags },
    terminal,
  );
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

  it("writes the loss of each character to the file for them", async () => {
    const perChar = join(folder, "losses.jsonl");
    await printed(undefined, { perChar }, fakeTerminal(), ({ options }) =>
      options.perCharacter?.(1, "é", 0.5),
    );
    expect(readFileSync(perChar, "utf8")).toBe('{"offset":1,"symbol":"é","loss":0.5}\n');
  });

  it("writes no losses over the text, the model's run or its own text", async () => {
    const run = join(folder, "scored-run");
    mkdirSync(run);
    const names = ["step-5.json", "best.json", "latest.json", "options.json", "metrics.jsonl"];
    const files = [...names, "scored.txt", "own.txt"].map((name) => join(run, name));
    for (const file of files) writeFileSync(file, "kept");
    const [path, text, own] = [files[0], files[5], files[6]];
    const training = { step: 1, corpus: { files: [own], sha256: "", symbols: 4 } };
    const model = { path, checkpoint: { ...anyCheckpoint, training } };
    for (const perChar of files) {
      const evaluating = printed(text, { perChar }, fakeTerminal(), undefined, model);
      await expect(evaluating).rejects.toThrow(
        new UsageError(`--per-char ${perChar} would overwrite ${perChar}: name another file`),
      );
      expect(readFileSync(perChar, "utf8")).toBe("kept");
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

  it("leaves no file for losses when it is interrupted", async () => {
    const perChar = join(folder, "interrupted.jsonl");
    const terminal = fakeTerminal();
    await printed(undefined, { perChar }, terminal, () => {
      expect(existsSync(perChar)).toBe(true);
      terminal.signals.emit("SIGINT", "SIGINT");
      expect(existsSync(perChar)).toBe(false);
    });
  });

  it("leaves no file for the losses of a text that cannot be scored", async () => {
    const perChar = join(folder, "fresh.jsonl");
    const failing = printed(undefined, { perChar }, fakeTerminal(), () => {
      throw new Error("it cannot be scored");
    });
    await expect(failing).rejects.toThrow("it cannot be scored");
    expect(existsSync(perChar)).toBe(false);
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
