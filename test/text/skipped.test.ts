import { describe, expect, it } from "vitest";
import { Skipped } from "../../src/text/skipped.ts";

/** What was skipped of a text in which "§" stands for each symbol that is. */
function skippedOf(text: string): Skipped {
  const skipped = new Skipped();
  let kept = 0;
  for (const symbol of text) {
    if (symbol === "§") skipped.add(kept);
    else kept++;
  }
  return skipped;
}

describe("Skipped", () => {
  it.each([
    ["abc", 0, [0, 1, 2]],
    ["§abc", 1, [1, 2, 3]],
    ["ab§§§c", 3, [0, 1, 5]],
    ["§a§b§§c§", 5, [1, 3, 6]],
  ])("knows the offsets of what was kept of %s", (text, count, offsets) => {
    const skipped = skippedOf(text);
    expect(skipped.count).toBe(count);
    expect(offsets.map((_, position) => skipped.offsetOf(position))).toEqual(offsets);
  });
});

it("what was skipped is divided among the parts of a text", () => {
  const skipped = skippedOf("§a§b§§c§");
  expect(skipped.between(0, 3)).toBe(5);
  // "§a§" and "b§§c§": what stands before a part belongs to the part before it.
  expect([skipped.between(0, 1), skipped.between(1, 3)]).toEqual([2, 3]);
  expect(skippedOf("abc").between(1, 3)).toBe(0);
});
