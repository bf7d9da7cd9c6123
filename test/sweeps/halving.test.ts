import { describe, expect, it } from "vitest";
import { rungsOf, survivorsOf } from "../../src/sweeps/halving.ts";

describe("successive halving", () => {
  it("multiplies the steps of a rung by the factor, and divides its settings", () => {
    // 9 settings, factor 3: after 1/9 of the steps 3 go on, after 1/3 one.
    expect(rungsOf(9, { factor: 3 })).toEqual([
      { share: 1 / 9, survivors: 3 },
      { share: 1 / 3, survivors: 1 },
    ]);
    expect(rungsOf(10, { factor: 3, rungs: 1 })).toEqual([{ share: 1 / 3, survivors: 4 }]);
    expect(rungsOf(2, { factor: 3 })).toEqual([]);
  });

  it("keeps the best settings, and none without a value", () => {
    const candidates = [
      { key: "a", value: 3 },
      { key: "b", value: 1 },
      { key: "c", value: undefined },
      { key: "d", value: 2 },
    ];
    expect(survivorsOf(candidates, 2, "lower")).toEqual(["b", "d"]);
    expect(survivorsOf(candidates, 2, "higher")).toEqual(["a", "d"]);
    expect(survivorsOf(candidates, 4, "lower")).toEqual(["b", "d", "a"]);
  });
});
