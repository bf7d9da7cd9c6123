import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareWithText } from "../../src/sampling/novelty.ts";
import { Symbols } from "../../src/text/symbols.ts";

/** Texts as symbols: a is 0, b is 1 and so on. */
function symbolsOf(text: string): Int32Array {
  return Int32Array.from(text, (letter) => letter.charCodeAt(0) - 97);
}

const compare = (samples: readonly string[], text: string) =>
  compareWithText(samples.map(symbolsOf), Symbols.from(symbolsOf(text), 26), 26);

/** The same by trying every stretch. */
function byTrying(sample: string, text: string) {
  let length = 0;
  for (let start = 0; start < sample.length; start++) {
    while (start + length < sample.length && text.includes(sample.slice(start, start + length + 1))) length++;
  }
  const shares = [5, 10, 20].map((wanted) => {
    const stretches = Array.from({ length: Math.max(0, sample.length - wanted + 1) }, (_, start) =>
      sample.slice(start, start + wanted),
    );
    const copied = stretches.filter((stretch) => text.includes(stretch));
    return stretches.length === 0 ? null : copied.length / stretches.length;
  });
  return { length, shares };
}

describe("compareWithText", () => {
  it("finds the longest stretch of a sample in the text, and the shares of shorter ones", () => {
    // Of xxabcdefgx only abcdefg stands in the text, at 3. Of its 6 stretches of 5 letters, abcde, bcdef and cdefg do.
    expect(compare(["xxabcdefgx"], "qqqabcdefgz")).toEqual([
      { longest: { length: 7, start: 2, position: 3 }, shares: [3 / 6, 0, null] },
    ]);
    expect(compare(["", "zzz"], "abc")).toEqual([
      { longest: { length: 0, start: 0, position: 0 }, shares: [null, null, null] },
      { longest: { length: 0, start: 0, position: 0 }, shares: [null, null, null] },
    ]);
  });

  it("agrees with trying every stretch, for several samples", () => {
    const letters = (most: number) =>
      fc.array(fc.constantFrom("a", "b", "c"), { maxLength: most }).map((list) => list.join(""));
    fc.assert(
      fc.property(fc.array(letters(40), { minLength: 1, maxLength: 4 }), letters(150), (samples, text) => {
        compare(samples, text).forEach(({ longest: { length, start, position }, shares }, index) => {
          expect({ length, shares }).toEqual(byTrying(samples[index], text));
          expect(text.slice(position, position + length)).toBe(samples[index].slice(start, start + length));
        });
      }),
    );
  });
});
