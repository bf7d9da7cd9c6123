import { expect, it } from "vitest";
import { attend, Interrupted } from "../../../src/cli/terminal/attend.ts";
import { fakeTerminal, systemError } from "../fake-terminal.ts";

const calm = { close: () => undefined };

/** Resolves once the signal aborts. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => {
      resolve();
    });
  });
}

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
