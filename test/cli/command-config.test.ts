import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "@commander-js/extra-typings";
import { describe, expect, it } from "vitest";
import { run } from "../../src/cli/command-line.ts";
import { addConfig } from "../../src/cli/command-config.ts";
import { commands } from "../../src/cli/commands/index.ts";
import { createProgram } from "../../src/cli/program.ts";
import { wholeNumberOf } from "../../src/cli/shared-options.ts";
import { fakeTerminal } from "./fake-terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "charrnn-"));

function fileOf(content: string): string {
  const path = join(folder, "config.yaml");
  writeFileSync(path, content);
  return path;
}

/** The arguments and options that a command gets from a command line and a file. */
async function given(content: string, ...argv: string[]) {
  const got: unknown[] = [];
  const command = new Command("draw")
    .argument("[model]", "model")
    .argument("[texts...]", "texts")
    .option("--num <n>", "number", wholeNumberOf("--num", 1), 1)
    .option("--seed <n>", "seed", wholeNumberOf("--seed", 0))
    .option("--no-baselines", "none")
    .option("--exact", "exact")
    .action((model, texts, flags) => {
      got.push(model, texts, { ...flags, config: undefined });
    });
  addConfig(command);
  await command.parseAsync(["--config", fileOf(content), ...argv], { from: "user" });
  return got;
}

describe("--config", () => {
  it("is an option of every command", async () => {
    for (const name of Object.keys(commands)) {
      const program = await createProgram([name], fakeTerminal());
      const command = program.commands.find((command) => command.name() === name);
      expect(command?.options.map(({ long }) => long)).toContain("--config");
    }
  });

  it("gives options and arguments that the command line leaves out", async () => {
    const content = "model: tales\ntexts: [a, b]\nnum: 3\nbaselines: false\nexact: true\n";
    expect(await given(content)).toEqual(["tales", ["a", "b"], { num: 3, baselines: false, exact: true }]);
  });

  it("yields to the command line, and wins over defaults", async () => {
    const content = "model: tales\nnum: 3\nseed: 4\n";
    expect(await given(content, "mine", "--num", "5")).toEqual([
      "mine",
      [],
      { num: 5, seed: 4, baselines: true },
    ]);
  });

  it.each([
    ["num: 2\nnumm: 3", /config\.yaml:2:1: charrnn sample has no option "numm"/],
    ["num: many", /config\.yaml:1:1: --num takes a whole number/],
    ["topK: [1]\nseed: {a: 1}", /config\.yaml:2:1: a text or a number is needed/],
    ["json: yes", /config\.yaml:1:1: --json takes true or false, not "yes"/],
    ["config: other.yaml", /config\.yaml:1:1: charrnn sample has no option "config"/],
  ])("with %j is refused with file, line and column", async (content, message) => {
    const terminal = fakeTerminal();
    expect(await run(["sample", "--config", fileOf(content)], terminal)).toBe(2);
    expect(terminal.stderr.lines).toHaveLength(1);
    expect(terminal.stderr.text).toMatch(message);
  });
});
