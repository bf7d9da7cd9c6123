import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { SaveClock } from "../../src/training/save-clock.ts";

it("is due after its time, and again only that long after a reset", async () => {
  const clock = new SaveClock(0.05);
  expect(clock.isDue).toBe(false);
  await sleep(100);
  expect(clock.isDue).toBe(true);
  clock.reset();
  expect(clock.isDue).toBe(false);
  expect(new SaveClock(3600).isDue).toBe(false);
});
