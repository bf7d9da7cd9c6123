import { describe, expect, it } from "vitest";
import { Output, spelling, spellingOf } from "../../src/sampling/output.ts";

describe("spelling", () => {
  it("is the character itself, the character of a byte's number, or U+FFFD for the unknown symbol", () => {
    expect([spelling("\u{1f600}"), spelling(0xe9), spelling(0), spelling(null)]).toEqual([
      "\u{1f600}",
      "\u00e9",
      "\0",
      "\ufffd",
    ]);
    expect(spellingOf(Uint8Array.of(0x61, 0xff))).toBe("a\u00ff");
  });
});

describe("Output", () => {
  it("gives what was written since the last time, however much", () => {
    const output = new Output("char");
    expect(output.take(false)).toEqual({ text: "" });
    for (let i = 0; i < 10_000; i++) output.write(i % 2 === 0 ? "a" : "\u{1f600}");
    expect(output.take(false)).toEqual({ text: "a\u{1f600}".repeat(5000) });
    output.write("b");
    expect(output.take(true)).toEqual({ text: "b" });
  });

  it("gives every byte at once, and a character with its last byte", () => {
    const output = new Output("byte");
    const take = (ended: boolean, ...bytes: number[]) => {
      output.write(spellingOf(Uint8Array.from(bytes)));
      const { text, bytes: taken = [] } = output.take(ended);
      return [text, ...taken];
    };
    expect(take(false, 0x61, 0xe2)).toEqual(["a", 0x61, 0xe2]);
    expect(take(false, 0x82)).toEqual(["", 0x82]);
    // E2 82 AC is the euro sign.
    expect(take(false, 0xac)).toEqual(["\u20ac", 0xac]);
    expect(take(false, 0xef, 0xbb, 0xbf)).toEqual(["\ufeff", 0xef, 0xbb, 0xbf]);
    expect(take(true, 0xff, 0xc3)).toEqual(["\ufffd\ufffd", 0xff, 0xc3]);
  });
});
