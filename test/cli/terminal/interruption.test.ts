import { describe, expect, it, vi } from "vitest";
import { isAbortion, listenForInterruption } from "../../../src/cli/terminal/interruption.ts";
import { fakeTerminal } from "../fake-terminal.ts";

function listen() {
  const terminal = fakeTerminal();
  const [first, second] = [vi.fn(), vi.fn()];
  return { terminal, first, second, interruption: listenForInterruption(terminal, { first, second }) };
}

describe("listenForInterruption", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ])("aborts at the first %s and knows the exit code %d", (signal, exitCode) => {
    const { terminal, first, interruption } = listen();
    expect(interruption.exitCode()).toBeUndefined();
    terminal.signals.emit(signal);
    expect(first).toHaveBeenCalledOnce();
    expect(interruption.signal.aborted).toBe(true);
    expect(interruption.exitCode()).toBe(exitCode);
    expect(terminal.exits).toEqual([]);
  });

  it("leaves at once at the second signal, with that one's code", () => {
    const { terminal, second, interruption } = listen();
    terminal.signals.emit("SIGINT");
    terminal.signals.emit("SIGTERM");
    expect(second).toHaveBeenCalledOnce();
    expect(terminal.exits).toEqual([143]);
    expect(interruption.exitCode()).toBe(130);
  });

  it("listens no more once released", () => {
    const { terminal, interruption } = listen();
    interruption.release();
    expect(terminal.signals.emit("SIGINT")).toBe(false);
    expect(terminal.signals.emit("SIGTERM")).toBe(false);
  });
});

describe("isAbortion", () => {
  it("is true of what an aborted signal throws, and of nothing else", () => {
    expect(isAbortion(AbortSignal.abort().reason)).toBe(true);
    expect(isAbortion(new Error("aborted"))).toBe(false);
    expect(isAbortion("AbortError")).toBe(false);
  });
});
