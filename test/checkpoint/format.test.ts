import { describe, expect, it } from "vitest";
import { isNamedArray, isRecord, quoted } from "../../src/checkpoint/format.ts";

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

describe("quoted", () => {
  it("keeps foreign text on one line and short", () => {
    expect(quoted("a\nb")).toBe('"a\\nb"');
    expect(quoted("x".repeat(1000))).toBe(`"${"x".repeat(60)}..."`);
  });
});
