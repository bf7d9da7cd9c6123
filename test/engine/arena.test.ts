import { describe, expect, it } from "vitest";
import { Arena, arenaBytes } from "../../src/engine/arena.ts";
import { threadArea } from "../../src/engine/memory-map.ts";
import { CharrnnError } from "../../src/errors.ts";
import { Layout } from "../../src/engine/tensor.ts";
import { type Operation } from "../../src/engine/operation.ts";

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
  it.each([1, 2, 7])("has as many bytes as were predicted, in whole pages, for %d threads", (threads) => {
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
    const places = Array.from({ length: threads }, (_, thread) => threadArea(thread));
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
      /^this run needs 4\.1 GiB, and an engine can use at most 4 GiB: reduce --hidden.*$/,
    );
  });
});
