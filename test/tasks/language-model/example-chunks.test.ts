import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ExampleChunks } from "../../../src/tasks/language-model/example-chunks.ts";
import { ExampleText } from "../../../src/text/example-text.ts";
import { Symbols } from "../../../src/text/symbols.ts";

/** END here. */
const END = 9;

/** Documents of these symbols, each with END after it. */
function documents(contents: readonly (readonly number[])[]): ExampleText {
  const ends = contents.map((_, index) => contents.slice(0, index + 1).flat().length);
  return ExampleText.of({ symbols: Symbols.from(contents.flat(), 9), ends }, "documents", END);
}

/** The chunks of an epoch, each with the parts of the arrays that its steps have. */
function epochOf(chunks: ExampleChunks, epoch: number) {
  const room = chunks.batchSize * Math.max(...chunks.lengths);
  return Array.from({ length: chunks.chunks }, (_, index) => {
    const [inputs, targets] = [new Int32Array(room).fill(-7), new Int32Array(room).fill(-7)];
    const chunk = chunks.fill(index, epoch, inputs, targets);
    const used = chunk.steps * chunks.batchSize;
    return { ...chunk, inputs: [...inputs.subarray(0, used)], targets: [...targets.subarray(0, used)] };
  });
}

const all = (text: ExampleText) => Array.from({ length: text.count }, (_, index) => index);

describe("the chunks of examples", () => {
  it("read END first and predict END last, with the state carried between the chunks of a batch", () => {
    // 1 2 3 4 END is predicted in chunks of 3 and 2 steps, 5 END in one.
    const text = documents([[1, 2, 3, 4], [5]]);
    const chunks = new ExampleChunks(text, [0], { batchSize: 1, seqLength: 3, seed: 1 });
    expect(chunks.lengths).toEqual([2, 3]);
    expect(chunks.symbolsPerEpoch).toBe(5);
    expect(epochOf(chunks, 1)).toEqual([
      { steps: 3, counted: 3, isFirst: true, inputs: [END, 1, 2], targets: [1, 2, 3] },
      { steps: 2, counted: 2, isFirst: false, inputs: [3, 4], targets: [4, END] },
    ]);
  });

  it("do not count what is behind the end of an example", () => {
    const text = documents([[1, 2, 3, 4], [5]]);
    const chunks = new ExampleChunks(text, all(text), { batchSize: 2, seqLength: 3, seed: 1 });
    const [first, second] = epochOf(chunks, 1);
    // The order of the two rows is random.
    const row = first.inputs[2] === 1 ? 0 : 1;
    const column = (values: number[], b: number) => values.filter((_, i) => i % 2 === b);
    expect(first).toMatchObject({ steps: 3, counted: 5, isFirst: true });
    expect(column(first.inputs, row)).toEqual([END, 1, 2]);
    expect(column(first.targets, row)).toEqual([1, 2, 3]);
    expect(column(first.inputs, 1 - row)).toEqual([END, 5, 0]);
    expect(column(first.targets, 1 - row)).toEqual([5, END, -1]);
    expect(second).toMatchObject({ steps: 2, counted: 2, isFirst: false });
    expect(column(second.targets, row)).toEqual([4, END]);
    expect(column(second.targets, 1 - row)).toEqual([-1, -1]);
  });

  it("predict every symbol of every example once an epoch, in as many chunks, each of which counts some", () => {
    const contents = fc.array(fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 25 }), {
      minLength: 1,
      maxLength: 15,
    });
    const size = fc.integer({ min: 1, max: 7 });
    fc.assert(
      fc.property(contents, size, size, fc.nat(100), (examples, batchSize, seqLength, seed) => {
        const text = documents(examples);
        const chunks = new ExampleChunks(text, all(text), { batchSize, seqLength, seed });
        const expected = [...examples.flat(), ...examples.map(() => END)].sort();
        for (const epoch of [1, 2]) {
          const read = epochOf(chunks, epoch);
          const targets = read.flatMap((chunk) => chunk.targets).filter((target) => target >= 0);
          expect(targets.sort()).toEqual(expected);
          expect(read.every(({ counted, steps }) => counted > 0 && chunks.lengths.includes(steps))).toBe(
            true,
          );
          expect(read.reduce((sum, { counted }) => sum + counted, 0)).toBe(chunks.symbolsPerEpoch);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("come in an order that the seed and the epoch decide", () => {
    const text = documents(Array.from({ length: 20 }, (_, i) => [1 + (i % 8), 1 + (i % 7)]));
    const inputsOf = (seed: number, epoch: number) =>
      epochOf(new ExampleChunks(text, all(text), { batchSize: 4, seqLength: 9, seed }), epoch);
    expect(inputsOf(1, 2)).toEqual(inputsOf(1, 2));
    expect(inputsOf(1, 3)).not.toEqual(inputsOf(1, 2));
    expect(inputsOf(2, 2)).not.toEqual(inputsOf(1, 2));
  });

  it("have fewer rows by default if the data is small, so that an epoch has 70 chunks", () => {
    // 300 examples of one chunk each: batches of 4 are 75, batches of 5 only 60.
    const text = documents(Array.from({ length: 300 }, () => [1, 2]));
    const chunks = new ExampleChunks(text, all(text), { batchSize: undefined, seqLength: 9, seed: 1 });
    expect([chunks.batchSize, chunks.chunks]).toEqual([4, 75]);
  });
});
