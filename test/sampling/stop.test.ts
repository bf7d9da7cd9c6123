import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { StopText, stopTexts } from "../../src/sampling/stop.ts";
import { Vocabulary } from "../../src/text/vocabulary.ts";

describe("StopText", () => {
  it("tells where in a piece it ends", () => {
    expect(new StopText("end").feed("the end of it")).toBe("the end".length);
    expect(new StopText("end").feed("the en")).toBeUndefined();
  });

  it("is found across pieces", () => {
    const stop = new StopText("\n\n");
    expect(["a\n", "b\n", "\nc"].map((piece) => stop.feed(piece))).toEqual([undefined, undefined, 1]);
  });

  it("is found where it overlaps its own beginning", () => {
    expect(new StopText("aab").feed("aaab")).toBe(4);
    expect(new StopText("ababac").feed("abababac")).toBe(8);
  });

  it("may be fed on, and ends again", () => {
    const stop = new StopText("aa");
    expect(["a", "a", "a", "b", "aa"].map((piece) => stop.feed(piece))).toEqual([
      undefined,
      1,
      1,
      undefined,
      2,
    ]);
  });

  it("ends where indexOf finds it, however the text is cut", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "\u{1F600}"), maxLength: 30 });
    const stopText = fc.string({ unit: fc.constantFrom("a", "b", "\u{1F600}"), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), stopText, (pieces, wanted) => {
        const stop = new StopText(wanted);
        const at = pieces.join("").indexOf(wanted);
        let before = 0;
        for (const piece of pieces) {
          const end = stop.feed(piece);
          if (end !== undefined) {
            expect(before + end).toBe(at + wanted.length);
            return;
          }
          before += piece.length;
        }
        expect(at).toBe(-1);
      }),
    );
  });

  it("must not be empty", () => {
    expect(() => new StopText("")).toThrow(UsageError);
  });
});

describe("stopTexts", () => {
  const vocabularyOf = (symbols: readonly string[]) => Vocabulary.fromJson({ unit: "char", symbols });
  const windows = vocabularyOf(["\n", "\r", "a"]);

  it("take a line feed for CR LF too, if the model knows CR", () => {
    expect(stopTexts({ stop: "a\na" }, windows)).toEqual(["a\na", "a\r\na"]);
    expect(stopTexts({ stop: "a\r\na" }, windows)).toEqual(["a\r\na"]);
    expect(stopTexts({ stop: "a\na" }, vocabularyOf(["\n", "a"]))).toEqual(["a\na"]);
  });

  it("end a line at its line feed, or at CR if the model knows no other", () => {
    expect(stopTexts({ stopLine: true }, windows)).toEqual(["\n"]);
    expect(stopTexts({ stopLine: true }, vocabularyOf(["\r", "a"]))).toEqual(["\r"]);
  });

  it("are in the form that the model's texts have", () => {
    const folded = vocabularyOf(["\n", "é"]).inForm({ newlines: "lf", normalize: "nfc" });
    expect(stopTexts({ stop: "e\u0301\r\n" }, folded)).toEqual(["é\n"]);
  });
});
