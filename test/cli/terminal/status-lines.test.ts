import { describe, expect, it } from "vitest";
import { openStatusLines } from "../../../src/cli/terminal/status-lines.ts";
import { fakeTerminal } from "../fake-terminal.ts";

const lines = (...texts: string[]) => texts.map((text) => [{ rank: 0, text }]);
const UP = "\x1b[1A\x1b[2K";

describe("status lines", () => {
  it("are redrawn in place, and lines are printed above them", () => {
    const terminal = fakeTerminal({ columns: 20 });
    const status = openStatusLines(terminal.stderr, terminal);
    status.show(lines("a", "b"));
    terminal.time += 1000;
    status.show(lines("c", "d"));
    status.print("above");
    status.clear();
    expect(terminal.stderr.text).toBe(`a\nb\n${UP}${UP}c\nd\n${UP}${UP}above\nc\nd\n${UP}${UP}`);
  });

  it("are not drawn too often, unless there are fewer of them", () => {
    const terminal = fakeTerminal({ columns: 20 });
    const status = openStatusLines(terminal.stderr, terminal);
    status.show(lines("a", "b"));
    status.show(lines("c", "d"));
    expect(terminal.stderr.text).toBe("a\nb\n");
    status.show(lines("e"));
    expect(terminal.stderr.text).toBe(`a\nb\n${UP}${UP}e\n`);
  });

  it("are only printed lines where the stream is no terminal", () => {
    const terminal = fakeTerminal();
    const status = openStatusLines(terminal.stderr, terminal);
    status.show(lines("a"));
    status.print("text");
    status.clear();
    expect(terminal.stderr.text).toBe("text\n");
  });
});
