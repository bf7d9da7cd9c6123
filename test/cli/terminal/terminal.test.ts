import { describe, expect, it } from "vitest";
import { isClosedPipe, write } from "../../../src/cli/terminal/terminal.ts";
import { CharrnnError } from "../../../src/errors.ts";
import { fakeTerminal, systemError } from "../fake-terminal.ts";

describe("write", () => {
  it("settles once the stream has the text", async () => {
    const { stdout } = fakeTerminal();
    await write(stdout, "text");
    expect(stdout.text).toBe("text");
  });

  it("passes on that the reader of a pipe has left", async () => {
    const { stdout } = fakeTerminal();
    stdout.failure = systemError("EPIPE");
    await expect(write(stdout, "text")).rejects.toSatisfy(isClosedPipe);
  });

  it("says in a line why the output cannot be written", async () => {
    const { stdout } = fakeTerminal();
    stdout.failure = systemError("ENOSPC");
    await expect(write(stdout, "text")).rejects.toThrow(CharrnnError);
    await expect(write(fullDisk(), "text")).rejects.toThrow(/^cannot write the output: the disk is full/);
  });
});

function fullDisk() {
  const { stdout } = fakeTerminal();
  stdout.failure = systemError("ENOSPC");
  return stdout;
}
