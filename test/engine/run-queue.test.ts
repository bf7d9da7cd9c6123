import { beforeEach, describe, expect, it } from "vitest";
import { Arena } from "../../src/engine/arena.ts";
import { control, enqueue, queued } from "../../src/engine/run-queue.ts";
import { Layout } from "../../src/engine/tensor.ts";

describe("the queue of runs", () => {
  const TOO_MUCH = "too many runs are unfinished, or a run has too many programs";
  let words: Int32Array<SharedArrayBuffer>;
  beforeEach(() => {
    ({ controlWords: words } = new Arena(new Layout(), {}, { threads: 1 }));
  });

  it("holds the programs of four runs that have not finished", () => {
    for (const run of [1, 2, 3, 4]) enqueue(words, run, [run, 10 * run]);
    expect([1, 2, 3, 4].map((run) => queued(words, run))).toEqual([
      [1, 10],
      [2, 20],
      [3, 30],
      [4, 40],
    ]);
    expect(() => {
      enqueue(words, 5, [5]);
    }).toThrow(TOO_MUCH);
    Atomics.add(words, control.finished, 1);
    enqueue(words, 5, [5]);
    expect(queued(words, 5)).toEqual([5]);
    expect(queued(words, 2)).toEqual([2, 20]);
  });

  it("takes four programs, the last bytes of 4 GiB among them, and no fifth", () => {
    const programs = [64, 2 ** 31, 2 ** 32 - 64, 128];
    enqueue(words, 1, programs);
    expect(queued(words, 1)).toEqual(programs);
    expect(() => {
      enqueue(words, 2, [...programs, 192]);
    }).toThrow(TOO_MUCH);
  });

  it("goes on where the count of runs passes 2^31 and 2^32", () => {
    for (const finished of [2 ** 31 - 2, -2]) {
      Atomics.store(words, control.finished, finished);
      const runs = [1, 2, 3, 4].map((more) => (finished + more) | 0);
      for (const [index, run] of runs.entries()) enqueue(words, run, [index + 1]);
      expect(runs.map((run) => queued(words, run))).toEqual([[1], [2], [3], [4]]);
    }
  });
});
