import { describe, expect, it } from "vitest";
import { elementCount, entry, Layout, rowCount, slice, width, type Tensor } from "../../src/engine/tensor.ts";

const end = ({ offset, size }: Tensor) => offset + 4 * size;

describe("elementCount", () => {
  it("multiplies the sizes, and is 1 for a scalar", () => {
    expect(elementCount([3, 4, 5])).toBe(60);
    expect(elementCount([])).toBe(1);
    expect(elementCount([7, 0])).toBe(0);
  });
});

describe("a layout", () => {
  it("gives each tensor a place of its own at a multiple of 64 bytes", () => {
    const layout = new Layout();
    const tensors = [
      layout.tensor([3, 5]),
      layout.tensor([16], "int32"),
      layout.tensor([17]),
      layout.tensor([1]),
    ];
    // 60, 64, 68 and 4 bytes take 64, 64, 128 and 64.
    expect(tensors.map(({ offset }) => offset)).toEqual([0, 64, 128, 256]);
    expect(tensors.map(({ size }) => size)).toEqual([15, 16, 17, 1]);
    expect(layout.bytes).toBe(320);
  });

  it("knows where its scratch tensors lie", () => {
    const layout = new Layout(64);
    layout.tensor([1]);
    layout.scratch([17]);
    expect(layout.scratchRegions).toEqual([{ start: 128, end: 256 }]);
  });

  it("lets two uses share one place, and has room for the larger", () => {
    const layout = new Layout();
    const kept = layout.tensor([16]);
    const [large, small] = layout.inTurns(
      () => layout.tensor([64]),
      () => layout.tensor([16]),
    );
    expect(layout.tensor([1]).offset).toBe(end(large));
    expect(small.offset).toBe(large.offset);
    expect(small.offset).toBe(end(kept));
    expect(layout.bytes).toBe(64 + 256 + 64);
  });
});

describe("a part of a tensor", () => {
  // 64 bytes lie before it; an entry has 3 x 5 elements, 60 bytes.
  const layout = new Layout();
  layout.tensor([1]);
  const tensor = layout.tensor([4, 3, 5]);

  it("is a range of the first dimension", () => {
    expect(slice(tensor, 1, 3)).toEqual({ dtype: "float32", shape: [2, 3, 5], size: 30, offset: 64 + 60 });
    expect(slice(tensor, 0, 4)).toEqual(tensor);
  });

  it("is one entry, without that dimension", () => {
    expect(entry(tensor, 2)).toEqual({ dtype: "float32", shape: [3, 5], size: 15, offset: 64 + 120 });
  });

  it("has rows of the last dimension", () => {
    expect([width(tensor), rowCount(tensor)]).toEqual([5, 12]);
    expect([width(entry(tensor, 0)), rowCount(entry(tensor, 0))]).toEqual([5, 3]);
  });
});
