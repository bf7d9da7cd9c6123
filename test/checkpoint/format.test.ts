import { describe, expect, it } from "vitest";
import { elementCount, isNamedArray, isRecord, quoted } from "../../src/checkpoint/format.ts";

const tensor = { shape: [2], dtype: "float32", data: new Float32Array(2) } as const;

describe("nodes of a tree", () => {
  it("are tensors where their data is a typed array", () => {
    expect(isNamedArray(tensor)).toBe(true);
    for (const node of [null, 1, "data", [1], {}, { data: "text" }, undefined])
      expect(isNamedArray(node)).toBe(false);
  });

  it("are records where they are objects but neither arrays nor tensors", () => {
    expect(isRecord({ data: "text" })).toBe(true);
    for (const node of [null, 1, "data", [1], tensor, undefined]) expect(isRecord(node)).toBe(false);
  });
});

describe("elementCount", () => {
  it("multiplies the sizes, and is 1 for a scalar", () => {
    expect(elementCount([3, 4, 5])).toBe(60);
    expect(elementCount([])).toBe(1);
    expect(elementCount([7, 0])).toBe(0);
  });
});

describe("quoted", () => {
  it("keeps foreign text on one line and short", () => {
    expect(quoted("a\nb")).toBe('"a\\nb"');
    expect(quoted("x".repeat(1000))).toBe(`"${"x".repeat(60)}..."`);
  });
});
