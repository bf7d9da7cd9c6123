import { describe, expect, it, vi } from "vitest";
import { isAbortion, listenForInterruption } from "../../../src/cli/terminal/interruption.ts";
import { fakeTerminal } from "../fake-terminal.ts";

function listen(hasWork = true) {
  const terminal = fakeTerminal();
  const [finish, leave] = [vi.fn(() => hasWork), vi.fn()];
  return { terminal, finish, leave, interruption: listenForInterruption(terminal, { finish, leave }) };
}

describe("listenForInterruption", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ])("aborts at the first %s and knows the exit code %d", (signal, exitCode) => {
    const { terminal, finish, interruption } = listen();
    expect(interruption.exitCode()).toBeUndefined();
    terminal.signals.emit(signal, signal);
    expect(finish).toHaveBeenCalledOnce();
    expect(interruption.signal.aborted).toBe(true);
    expect(interruption.exitCode()).toBe(exitCode);
    expect(terminal.exits).toEqual([]);
  });

  it("is killed by the second signal, to which nobody then listens", () => {
    const { terminal, leave, interruption } = listen();
    terminal.signals.emit("SIGINT", "SIGINT");
    terminal.signals.emit("SIGTERM", "SIGTERM");
    expect(leave).toHaveBeenCalledOnce();
    expect(terminal.exits).toEqual(["SIGTERM"]);
    expect(terminal.signals.listenerCount("SIGTERM")).toBe(0);
    expect(interruption.exitCode()).toBe(130);
  });

  it("finishes although a closed terminal tells of itself twice", () => {
    const { terminal, leave, interruption } = listen();
    terminal.signals.emit("SIGHUP", "SIGHUP");
    terminal.signals.emit("SIGHUP", "SIGHUP");
    expect(leave).not.toHaveBeenCalled();
    expect(terminal.exits).toEqual([]);
    expect(interruption.exitCode()).toBe(129);
  });

  it("exits at the first signal where there is nothing to finish", () => {
    const { terminal, leave, interruption } = listen(false);
    terminal.signals.emit("SIGTERM", "SIGTERM");
    expect(leave).toHaveBeenCalledOnce();
    expect(terminal.exits).toEqual([143]);
    expect(interruption.signal.aborted).toBe(false);
  });

  it("listens no more once released", () => {
    const { terminal, interruption } = listen();
    interruption.release();
    expect(terminal.signals.emit("SIGINT", "SIGINT")).toBe(false);
    expect(terminal.signals.emit("SIGTERM", "SIGTERM")).toBe(false);
  });
});

describe("isAbortion", () => {
  it("is true of what an aborted signal throws, and of nothing else", () => {
    expect(isAbortion(AbortSignal.abort().reason)).toBe(true);
    expect(isAbortion(new Error("aborted"))).toBe(false);
    expect(isAbortion("AbortError")).toBe(false);
  });
});
