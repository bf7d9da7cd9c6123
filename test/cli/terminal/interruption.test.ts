import { describe, expect, it, vi } from "vitest";
import {
  attend,
  Interrupted,
  isAbortion,
  listenForInterruption,
} from "../../../src/cli/terminal/interruption.ts";
import { fakeTerminal, systemError } from "../fake-terminal.ts";

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

const calm = { close: () => undefined };

/** Resolves once the signal aborts. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => {
      resolve();
    });
  });
}

describe("attend", () => {
  it("gives back what the work gives, and listens no more", async () => {
    const terminal = fakeTerminal();
    let closed = 0;
    expect(await attend(terminal, { close: () => closed++ }, () => Promise.resolve(7))).toBe(7);
    expect(closed).toBe(1);
    expect(terminal.signals.listenerCount("SIGINT")).toBe(0);
  });

  it("leaves at once while there is nothing to finish, after tidying up", async () => {
    const terminal = fakeTerminal();
    const told: string[] = [];
    const surroundings = { close: () => told.push("close"), onLeave: () => told.push("leave") };
    await attend(terminal, surroundings, ({ signal }) => {
      terminal.signals.emit("SIGTERM", "SIGTERM");
      expect(terminal.exits).toEqual([143]);
      expect(told).toEqual(["close", "leave"]);
      expect(signal.aborted).toBe(false);
      return Promise.resolve();
    });
  });

  it("lets work finish that has something to finish, and then tells the signal's exit code", async () => {
    const terminal = fakeTerminal();
    const told: string[] = [];
    const work = attend(terminal, { ...calm, onFinish: () => told.push("finishing") }, async (attention) => {
      attention.finishOnSignal();
      setImmediate(() => terminal.signals.emit("SIGINT", "SIGINT"));
      await aborted(attention.signal);
      told.push("saved");
    });
    await expect(work).rejects.toEqual(new Interrupted(130));
    expect(told).toEqual(["finishing", "saved"]);
    expect(terminal.exits).toEqual([]);
  });

  it("ends work whose output takes no more, with the error of the output", async () => {
    const terminal = fakeTerminal();
    const work = attend(terminal, calm, async ({ signal }) => {
      setImmediate(() => terminal.stderr.emit("error", systemError("ENOSPC")));
      await aborted(signal);
    });
    await expect(work).rejects.toThrow("the disk is full");
  });

  it("passes on what the work throws, an abortion of its own included", async () => {
    for (const error of [new Error("no such text"), new DOMException("aborted", "AbortError")]) {
      await expect(attend(fakeTerminal(), calm, () => Promise.reject(error))).rejects.toBe(error);
    }
  });
});
