import { expect } from "vitest";

/** That all numbers are the same to the bit. Vitest's own comparison of long arrays takes a hundred times as long. */
export function expectSameBits(
  actual: readonly Float64Array[],
  expected: readonly Float64Array[],
  what?: string,
): void {
  expect(actual.length).toBe(expected.length);
  for (const [index, values] of actual.entries()) {
    const different = values.findIndex((value, i) => !Object.is(value, expected[index][i]));
    expect(different, `${what ?? "tensor"} ${index}: the first element that differs`).toBe(-1);
  }
}
