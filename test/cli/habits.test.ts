import { describe, expect, it } from "vitest";
import { run } from "../../src/cli/command-line.ts";
import { fakeTerminal } from "./fake-terminal.ts";

async function refused(...argv: string[]): Promise<string> {
  const terminal = fakeTerminal();
  expect(await run(argv, terminal)).toBe(2);
  expect(terminal.stdout.text).toBe("");
  return terminal.stderr.text;
}

describe("options of other tools", () => {
  it.each([
    ["train a.txt --rnn-size 64", "write --hidden"],
    ["train a.txt -rnn_size 64", "write --hidden"],
    ["train a.txt --num-layers 2", "write --layers"],
    ["train a.txt --learning-rate 1", "write --lr"],
    ["train a.txt -batch_size 5", "write --batch-size"],
    ["train a.txt --batch_size=5", "write --batch-size"],
    ["train a.txt --seqLength 5", "write --seq-length"],
    ["train a.txt --checkpoint x", "write --init-from"],
    ["train --data-dir data", "the text is an argument without a flag: charrnn train FILE"],
    ["train a.txt --gpuid -1", "charrnn computes on the CPU (--engine, --threads)"],
    ["sample --checkpoint a", "the checkpoint is an argument without a flag: charrnn sample CHECKPOINT"],
    ["sample --primetext a", "write --prime"],
    ["sample --max-length 5", "write --length"],
    ["sample --max_new_tokens 5", "write --length"],
    ["sample --nsamples 5", "write --num"],
    ["eval --output x", "results go to standard output: redirect it with >"],
  ])("charrnn %s names ours", async (line, advice) => {
    const [command, ...args] = line.split(" ");
    const flag = args.find((word) => word.startsWith("-"))?.split("=")[0];
    expect(await refused(command, ...args)).toBe(
      `charrnn: ${flag ?? ""} is no option of charrnn ${command}: ${advice}\n`,
    );
  });

  it("are not looked for in the value of an option, nor after --", async () => {
    expect(await refused("sample", "--prime", "--checkpoint", "--top-k", "x")).toContain("--top-k takes");
    expect(await refused("sample", "--top-k", "x", "--", "--checkpoint")).toContain("--top-k takes");
  });

  it("leave all other unknown options to the usual error", async () => {
    expect(await refused("sample", "--no-such-option")).toBe(
      "charrnn: unknown option '--no-such-option': see `charrnn sample --help`\n",
    );
  });

  it("do not stand in the way of the help", async () => {
    const terminal = fakeTerminal();
    expect(await run(["train", "--help"], terminal)).toBe(0);
    expect(terminal.stdout.text).toContain("Usage: charrnn train");
  });
});
