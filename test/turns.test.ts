import { afterEach, expect, it, vi } from "vitest";
import { Turns } from "../src/turns.ts";

afterEach(() => vi.useRealTimers());

it("are due after 50 ms, and anew once given, when all that waited has run", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const turns = new Turns();
  vi.advanceTimersByTime(49);
  expect(turns.areDue).toBe(false);
  vi.advanceTimersByTime(1);
  expect(turns.areDue).toBe(true);
  const waiting = vi.fn();
  setImmediate(waiting);
  await turns.give();
  expect(waiting).toHaveBeenCalledOnce();
  expect(turns.areDue).toBe(false);
});
