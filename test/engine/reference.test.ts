import { setImmediate } from "node:timers";
import { expect, it, vi } from "vitest";
import { ReferenceEngine } from "../../src/engine/reference.ts";
import { Layout } from "../../src/engine/tensor.ts";

it("says how much memory it lacks", () => {
  const layout = new Layout();
  // 2^40 numbers of 4 bytes, and as many integers.
  layout.tensor([2 ** 40]);
  expect(() => new ReferenceEngine(layout, {})).toThrow(
    "this run needs 8192.0 GiB, which this machine cannot provide: reduce --hidden",
  );
});

it("gives the event loop its turn in long runs, and keeps them in order all the same", async () => {
  const layout = new Layout();
  const [a, b] = [layout.tensor([1]), layout.tensor([1])];
  const [toA, toB] = [{ op: "copy", from: b, to: a } as const, { op: "copy", from: a, to: b } as const];
  const engine = new ReferenceEngine(layout, { toA: [toA], both: [toB, toA, { op: "zero", tensor: a }] });
  engine.write(a, [1]);
  engine.write(b, [2]);
  // A second from one look at the clock to the next: every operation is a long one.
  let clock = performance.now();
  vi.spyOn(performance, "now").mockImplementation(() => (clock += 1000));
  let turns = 0;
  const count = () => {
    turns += 1;
    if (turns < 3) setImmediate(count);
  };
  setImmediate(count);
  // b = a = 1 and a = 0, then a = b = 1.
  await Promise.all([engine.run("both"), engine.run("toA")]);
  vi.restoreAllMocks();
  expect(turns).toBe(3);
  expect(Array.from(await engine.read(a))).toEqual([1]);
});
