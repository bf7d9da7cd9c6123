import { describe, expect, it } from "vitest";
import { run } from "../../src/cli/command-line.ts";
import { fakeTerminal, systemError } from "./fake-terminal.ts";

async function outcome(...argv: string[]) {
  const terminal = fakeTerminal();
  const exitCode = await run(argv, terminal);
  return { exitCode, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
}

describe("wrong usage", () => {
  it.each([
    [["tain"], "charrnn: unknown command 'tain' (Did you mean train?): see `charrnn --help`"],
    [
      ["train", "--laers", "3"],
      "charrnn: unknown option '--laers' (Did you mean --layers?): see `charrnn train --help`",
    ],
    [
      ["train", "--hidden"],
      "charrnn: option '--hidden <units>' argument missing: see `charrnn train --help`",
    ],
    [["train"], "charrnn: train needs a text: for example `charrnn train corpora/tales.txt`"],
    [["train", "x", "--layers", "-3"], /^charrnn: --layers takes a whole number .*, not "-3"$/],
    [["train", "x", "--hidden", "1e99"], /^charrnn: --hidden takes a whole number .*, not "1e99"$/],
    [["train", "x", "--lr", "NaN"], /^charrnn: --lr takes a number .*, not "NaN"$/],
    [["train", "x", "--cell", "transformer"], /^charrnn: --cell takes one of rnn, lstm, .*, not/],
    [
      ["train", "x", "--config", "no-such.json"],
      "charrnn: cannot read no-such.json: no such file or folder; check the path",
    ],
    [["train", "--plan", "--resume"], "charrnn: --plan is for a new run: leave out --resume"],
    [["sample", "--temp", "warm"], 'charrnn: --temp takes a number, not "warm"'],
    [["sample", "--temperature", "warm"], 'charrnn: --temp takes a number, not "warm"'],
    [["sample", "--prime", "a", "--prime-file", "b"], /cannot be used with option '--prime <text>'/],
    [["sample", "a", "b"], /^charrnn: too many arguments for 'sample'/],
    [
      ["eval", "--split", "dev"],
      /^charrnn: option '--split <split>' argument 'dev' is invalid.* train, val, test: see/,
    ],
    [["corpus", "tales", "--size", "big"], /^charrnn: --size takes a size/],
    [
      ["corpus", "novel"],
      "charrnn: there is no grammar or table novel: choose one of tales, code, recall, autoregressive, blood-pressure, brackets, dates, drawings, inflections, labels, maximum, nationalities, reversal, reviews, series, sorting, tags",
    ],
    [
      ["corpus", "tales", "--length", "9", "--size", "9"],
      "charrnn: --length and --size both say how long the text is: leave out one of them",
    ],
    [
      ["corpus", "series", "--size", "9"],
      "charrnn: --size is for texts, and series is a table: give --length",
    ],
    [["corpus", "series", "--floor", "-"], /^charrnn: --floor is for texts, and series is a table: /],
    [["corpus", "series", "--json"], "charrnn: --json needs --floor: a table is written as it is"],
    [["corpus", "series", "--length", "0"], /^charrnn: --length takes /],
    [["corpus", "tales", "--json"], /^charrnn: --json needs --floor/],
    [["corpus"], "charrnn: missing required argument 'grammar': see `charrnn corpus --help`"],
  ])("%j exits with 2 and one line", async (argv, line) => {
    const { exitCode, stdout, stderr } = await outcome(...argv);
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(stderr.trimEnd().split("\n")).toEqual([
      typeof line === "string" ? line : expect.stringMatching(line),
    ]);
  });

  it("without a command shows the help on standard error", async () => {
    const { exitCode, stdout, stderr } = await outcome();
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^Usage: charrnn/);
  });
});

describe("help and version", () => {
  it("go to standard output and are no failure", async () => {
    expect(await outcome("--version")).toEqual({ exitCode: 0, stdout: "0.1.0\n", stderr: "" });
    const help = await outcome("train", "--help");
    expect(help).toMatchObject({ exitCode: 0, stderr: "" });
    for (const heading of ["Model:", "Optimizer:", "Schedule:", "Text:"])
      expect(help.stdout).toContain(heading);
    expect(help.stdout).toMatch(/--seq-length <steps> .*\n?.*50\)/);
  });
});

describe("a failure", () => {
  it("exits with 1 and one line that names what is wrong", async () => {
    const { exitCode, stderr } = await outcome("sample", "no-such-model");
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^charrnn: [^\n]*no-such-model[^\n]*\n$/);
  });

  it("shows its stack under --debug alone", async () => {
    const { stderr } = await outcome("sample", "no-such-model", "--debug");
    expect(stderr).toMatch(/\n +at /);
  });

  it.each([
    ["the system's", systemError("EIO"), "charrnn: EIO: it failed\n"],
    [
      "one that should not have happened",
      new TypeError("x is\n  undefined"),
      "charrnn: internal error, please report it (--debug shows where): x is undefined\n",
    ],
  ])("that no command foresees exits with 1 and one line: %s", async (_which, thrown, line) => {
    const terminal = fakeTerminal();
    terminal.stdout.write = () => {
      throw thrown;
    };
    expect(await run(["corpus", "tales", "--size", "500"], terminal)).toBe(1);
    expect(terminal.stderr.text).toBe(line);
  });

  it("of the output is told, but a reader that has left ends the command quietly", async () => {
    for (const [code, exitCode, line] of [
      ["ENOSPC", 1, /^charrnn: cannot write the output: the disk is full[^\n]*\n$/],
      ["EPIPE", 0, /^$/],
    ] as const) {
      const terminal = fakeTerminal();
      terminal.stdout.failure = systemError(code);
      expect(await run(["corpus", "tales", "--size", "500"], terminal)).toBe(exitCode);
      expect(terminal.stderr.text).toMatch(line);
    }
  });
});
