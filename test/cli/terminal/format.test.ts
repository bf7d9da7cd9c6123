import { describe, expect, it } from "vitest";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatLoss,
  formatShort,
  printable,
  PrintableText,
  shellWord,
} from "../../../src/cli/terminal/format.ts";

describe("numbers", () => {
  it("puts the thousands of a count apart", () => {
    expect(formatCount(0)).toBe("0");
    expect(formatCount(1_234_567)).toBe("1,234,567");
  });

  it.each([
    [0, "0"],
    [999, "999"],
    [999.6, "1.0k"],
    [98_249, "98.2k"],
    [99_951, "100k"],
    [1_250_000, "1.3M"],
    [2e15, "2000T"],
  ])("writes %d in little room as %s", (value, text) => {
    expect(formatShort(value)).toBe(text);
  });

  it.each([
    [512, "512 B"],
    [1_400_000, "1.4 MB"],
    [20_000, "20.0 KB"],
    [4_294_967_296, "4.3 GB"],
  ])("writes %d bytes as %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it("gives a loss in nats four digits", () => {
    expect(formatLoss(1.45678)).toBe("1.4568");
  });
});

describe("formatDuration", () => {
  it.each([
    [0.44, "0.4s"],
    [9.96, "10s"],
    [59.4, "59s"],
    [59.6, "1m 00s"],
    [185, "3m 05s"],
    [3599.7, "1h 00m"],
    [7620, "2h 07m"],
    [3 * 86_400 + 4 * 3600, "3d 04h"],
    [Infinity, "?"],
    [NaN, "?"],
  ])("writes %d seconds as %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

describe("text", () => {
  it("makes control characters visible, but for line ends and tabs", () => {
    expect(printable("a\tb\nc\x1b[2Jd\x07")).toBe("a\tb\nc�[2Jd�");
  });

  it("quotes what a shell would read otherwise", () => {
    expect(shellWord("checkpoints/tales-lstm-2x128")).toBe("checkpoints/tales-lstm-2x128");
    expect(shellWord("my run")).toBe("'my run'");
    expect(shellWord("it's")).toBe(`'it'\\''s'`);
  });
});

describe("PrintableText", () => {
  it("lets no CR through alone, wherever the text is cut", () => {
    const text = "a\r\nb\rc\r\r\n\x1b\r";
    expect(printable(text)).toBe("a\r\nb�c�\r\n��");
    const pieces = new PrintableText();
    const shown = Array.from(text, (piece) => pieces.push(piece));
    expect(shown.join("") + pieces.end()).toBe(printable(text));
    // A CR is shown with what follows it.
    expect(shown.slice(0, 3)).toEqual(["a", "", "\r\n"]);
    expect(pieces.end()).toBe("");
  });
});
