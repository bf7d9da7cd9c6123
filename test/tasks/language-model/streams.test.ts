import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CharrnnError } from "../../../src/errors.ts";
import { Streams, usualBatchSize } from "../../../src/tasks/language-model/streams.ts";
import { Symbols } from "../../../src/text/symbols.ts";

/** The text 0, 1, 2, ..., in which each symbol is its own position. */
function counting(n: number): Symbols {
  return Symbols.from(
    Array.from({ length: n }, (_, i) => i),
    Math.max(n, 1),
  );
}

function chunk(streams: Streams, k: number): { steps: number; inputs: number[]; targets: number[] } {
  const room = streams.batchSize * streams.seqLength;
  const inputs = new Int32Array(room).fill(-1);
  const targets = new Int32Array(room).fill(-1);
  const steps = streams.fill(k, inputs, targets);
  return { steps, inputs: [...inputs], targets: [...targets] };
}

describe("Streams", () => {
  // 12 symbols in 2 streams of floor(11/2) = 5: 0..4 and 5..9, successors to 10; 11 is left over.
  const streams = new Streams(counting(12), 2, 3);

  it("cut a split of n symbols into B streams of floor((n-1)/B)", () => {
    expect(streams.streamLength).toBe(5);
    expect(streams.charactersPerEpoch).toBe(10);
    expect(streams.chunks).toBe(2);
  });

  it("give chunks time-major: a row of the batch for each step", () => {
    expect(chunk(streams, 0)).toEqual({ steps: 3, inputs: [0, 5, 1, 6, 2, 7], targets: [1, 6, 2, 7, 3, 8] });
  });

  it("give a shorter last chunk, leaving the rest of the arrays alone", () => {
    expect(chunk(streams, 1)).toEqual({
      steps: 2,
      inputs: [3, 8, 4, 9, -1, -1],
      targets: [4, 9, 5, 10, -1, -1],
    });
  });

  it("have full chunks alone where T divides the stream", () => {
    // Streams of floor(12/2) = 6.
    const even = new Streams(counting(13), 2, 3);
    expect(even.chunks).toBe(2);
    expect(chunk(even, 1)).toEqual({
      steps: 3,
      inputs: [3, 9, 4, 10, 5, 11],
      targets: [4, 10, 5, 11, 6, 12],
    });
  });

  it("train on the shortest text that fits in one chunk", () => {
    // The toy of four letters: hello, batch 1, length 4.
    const hello = new Streams(counting(5), 1, 4);
    expect(hello.chunks).toBe(1);
    expect(chunk(hello, 0)).toEqual({ steps: 4, inputs: [0, 1, 2, 3], targets: [1, 2, 3, 4] });
  });

  it("read each symbol of a stream once an epoch, each with its successor", () => {
    const sizes = fc.record({
      b: fc.integer({ min: 1, max: 6 }),
      t: fc.integer({ min: 1, max: 7 }),
      more: fc.nat(60),
    });
    fc.assert(
      fc.property(sizes, ({ b, t, more }) => {
        const all = new Streams(counting(b * t + 1 + more), b, t);
        const read: number[] = [];
        for (let k = 0; k < all.chunks; k++) {
          const { steps, inputs, targets } = chunk(all, k);
          for (let i = 0; i < steps * b; i++) {
            const [step, row] = [Math.floor(i / b), i % b];
            expect(inputs[i]).toBe(row * all.streamLength + k * t + step);
            expect(targets[i]).toBe(inputs[i] + 1);
            read.push(inputs[i]);
          }
        }
        const inOrder = Array.from({ length: all.charactersPerEpoch }, (_, i) => i);
        expect(read.sort((x, y) => x - y)).toEqual(inOrder);
      }),
    );
  });

  it.each([
    // floor(99/50) = 1 row at length 50; floor(99/50) = 1 step at batch 50.
    [100, 50, 50, "--batch-size 1 with this --seq-length, or --seq-length 1 with this --batch-size"],
    // One symbol short of 4*5+1: floor(19/5) = 3, floor(19/4) = 4.
    [20, 4, 5, "--batch-size 3 with this --seq-length, or --seq-length 4 with this --batch-size"],
    [30, 2, 50, "give at most --seq-length 14 with this --batch-size"],
    [30, 50, 2, "give at most --batch-size 14 with this --seq-length"],
    [5, 50, 50, "give at most --batch-size 1 --seq-length 4"],
    [1, 1, 1, "give a longer text"],
    [0, 1, 1, "give a longer text"],
  ])("refuse %i symbols at batch size %i and length %i, and say what fits", (n, b, t, advice) => {
    const build = (): Streams => new Streams(counting(n), b, t);
    expect(build).toThrow(CharrnnError);
    expect(build).toThrow(`has ${n} symbols, but --batch-size ${b} --seq-length ${t} needs ${b * t + 1}; `);
    expect(build).toThrow(advice);
  });

  it("name only what really fits, and nothing larger does", () => {
    const sizes = fc.record({ n: fc.integer({ min: 2, max: 60 }), b: fc.nat(30), t: fc.nat(30) });
    fc.assert(
      fc.property(sizes, ({ n, b, t }) => {
        const [batchSize, seqLength] = [b + 1, t + 1];
        fc.pre(n < batchSize * seqLength + 1);
        let message = "";
        try {
          new Streams(counting(n), batchSize, seqLength);
        } catch (error) {
          message = String(error);
        }
        const largestBatch = /--batch-size (\d+) with this/.exec(message)?.[1];
        if (largestBatch !== undefined) {
          new Streams(counting(n), Number(largestBatch), seqLength);
          expect(() => new Streams(counting(n), Number(largestBatch) + 1, seqLength)).toThrow();
        }
        const largestLength = /--seq-length (\d+) with this/.exec(message)?.[1];
        if (largestLength !== undefined) {
          new Streams(counting(n), batchSize, Number(largestLength));
          expect(() => new Streams(counting(n), batchSize, Number(largestLength) + 1)).toThrow();
        }
        expect(message).toContain("give at most");
      }),
    );
  });
});

describe("the usual batch size", () => {
  it.each([
    // 5 streams of 3,599 characters have 72 chunks of 50; 6 streams of 2,999 have 60.
    [18_000, 50, 5],
    // 50 streams of 3,599 characters.
    [180_000, 50, 50],
    [100_000_000, 50, 50],
    // 50 streams of 3,450 + 1 characters have 70 chunks, the last of one character; of 3,450 they have 69.
    [50 * 3451 + 1, 50, 50],
    [50 * 3451, 50, 49],
    // However small the text is, there is one stream.
    [2, 50, 1],
  ])("of %d characters in chunks of %d is %d", (n, seqLength, batchSize) => {
    expect(usualBatchSize(n, seqLength)).toBe(batchSize);
  });
});
