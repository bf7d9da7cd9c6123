import { beforeEach, describe, expect, it } from "vitest";
import { Arena, arenaBytes, control, enqueue, queued, threadPlace } from "../../src/engine/arena.ts";
import { CharrnnError } from "../../src/errors.ts";
import { Layout } from "../../src/engine/tensor.ts";
import type { Operation } from "../../src/engine/operation.ts";

const PAGE = 65_536;
/** What the widest kernels pack: 40 strips of 13 rows, 16 floats behind each, and 32 columns, all 256 deep; and a word. */
const SCRATCH = 4 * (40 * (13 * 256 + 16) + 32 * 256 + 1);

function small() {
  const layout = new Layout();
  const [a, b] = [layout.tensor([3, 4]), layout.tensor([3, 4])];
  const copy: Operation[] = [{ op: "copy", from: a, to: b }];
  const zero: Operation[] = [{ op: "zero", tensor: a }];
  return { layout, a, b, programs: { copy, zero } };
}

describe("the arena", () => {
  it.each([1, 2, 7])("has as many bytes as were foretold, in whole pages, for %d threads", (threads) => {
    const { layout, programs } = small();
    const { memory } = new Arena(layout, programs, { threads });
    expect(memory.buffer.byteLength).toBe(arenaBytes(layout, programs, threads));
    expect(memory.buffer.byteLength % PAGE).toBe(0);
    expect(memory.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it("holds threads, tensors and programs without overlap", () => {
    const threads = 3;
    const { layout, a, b, programs } = small();
    const arena = new Arena(layout, programs, { threads });
    const places = Array.from({ length: threads }, (_, thread) => threadPlace(thread));
    for (const [thread, { stackTop, scratch }] of places.entries()) {
      // A stack of a page grows downwards to where the thread before has its scratch room.
      if (thread > 0) expect(stackTop - PAGE).toBeGreaterThanOrEqual(places[thread - 1].scratch + SCRATCH);
      expect(scratch).toBeGreaterThanOrEqual(stackTop);
    }
    const first = arena.floats(a.offset, a.size);
    const second = arena.floats(b.offset, b.size);
    expect(first.byteOffset).toBeGreaterThanOrEqual(places[threads - 1].scratch + SCRATCH);
    expect(second.byteOffset).toBe(first.byteOffset + 64);
    expect(arena.program("copy")).toBeGreaterThanOrEqual(second.byteOffset + second.byteLength);
    expect(arena.program("zero")).toBeGreaterThan(arena.program("copy"));
    expect(arena.program("zero")).toBeLessThan(arena.memory.buffer.byteLength);
  });

  it("gives the same bytes as floats and as integers", () => {
    const { layout, a, programs } = small();
    const arena = new Arena(layout, programs, { threads: 1 });
    arena.floats(a.offset, 1)[0] = 1;
    // 1 in IEEE 754: sign 0, exponent 127, fraction 0.
    expect(arena.integers(a.offset, 1)[0]).toBe(0x3f800000);
  });

  it("refuses in one line what does not fit into 4 GiB", () => {
    const layout = new Layout();
    layout.tensor([2 ** 30]);
    expect(() => new Arena(layout, {}, { threads: 1 })).toThrow(CharrnnError);
    // Two pages, a thread's room and one page of programs more than 4 GiB, in the next tenth.
    expect(() => new Arena(layout, {}, { threads: 1 })).toThrow(
      /^this run needs 4\.1 GiB, and an engine's memory ends at 4 GiB: reduce --hidden.*$/,
    );
  });
});

describe("the queue of runs", () => {
  const TOO_MUCH = "too much is asked for at once";
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
