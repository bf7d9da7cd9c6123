import { describe, expect, it } from "vitest";
import { ReferenceEngine } from "../../src/engine/reference.ts";
import { Layout } from "../../src/engine/tensor.ts";
import { readStored, writeStored } from "../../src/model/weights.ts";

const layout = new Layout();
const plain = { name: "plain", shape: [2, 3], transposed: false, tensor: layout.tensor([2, 3]) };
/** [2, 3] outside, held as [3, 2]. */
const turned = { name: "turned", shape: [2, 3], transposed: true, tensor: layout.tensor([3, 2]) };
const values = Float32Array.of(1, 2, 3, 4, 5, 6);

describe("stored tensors", () => {
  it("are held as they are, or transposed, and read back as they were written", async () => {
    const engine = new ReferenceEngine(layout, {});
    const given = new Map([plain, turned].map(({ name }) => [name, { data: values }]));
    writeStored(engine, [plain, turned], given);
    expect(Array.from(await engine.read(plain.tensor))).toEqual([1, 2, 3, 4, 5, 6]);
    // The rows (1, 2, 3) and (4, 5, 6) become columns.
    expect(Array.from(await engine.read(turned.tensor))).toEqual([1, 4, 2, 5, 3, 6]);
    const stored = { shape: [2, 3], dtype: "float32", data: values };
    expect(await readStored(engine, [plain, turned])).toEqual(
      new Map([
        ["plain", stored],
        ["turned", stored],
      ]),
    );
  });

  it("must all have values, of the right size", () => {
    const engine = new ReferenceEngine(layout, {});
    expect(() => {
      writeStored(engine, [plain], new Map());
    }).toThrow("the checkpoint has no plain of the right size");
    expect(() => {
      writeStored(engine, [plain], new Map([["plain", { data: values.subarray(1) }]]));
    }).toThrow("the checkpoint has no plain of the right size");
  });
});
