import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { bar, fitPieces, openStatusLine } from "../../../src/cli/terminal/status-line.ts";
import { fakeTerminal } from "../fake-terminal.ts";
import { screen } from "../screen.ts";

describe("fitPieces", () => {
  const pieces = [
    { rank: 3, text: "third" },
    { rank: 1, text: "first" },
    { rank: 2, text: "second" },
  ];

  it("keeps the order of the pieces and leaves out the largest rank first", () => {
    expect(fitPieces(pieces, 20)).toBe("third  first  second"); // 5 + 2 + 5 + 2 + 6 = 20
    expect(fitPieces(pieces, 19)).toBe("first  second");
    expect(fitPieces(pieces, 12)).toBe("first");
    expect(fitPieces(pieces, 4)).toBe("");
  });

  it("leaves no gap for an empty piece", () => {
    expect(fitPieces([{ rank: 1, text: "" }, ...pieces.slice(1)], 80)).toBe("first  second");
  });

  it("never exceeds the columns", () => {
    const piece = fc.record({ rank: fc.nat(9), text: fc.string({ unit: "grapheme" }) });
    fc.assert(
      fc.property(fc.array(piece), fc.nat(60), (some, columns) => {
        expect(stringWidth(fitPieces(some, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe("bar", () => {
  it("fills in proportion and never beyond its ends", () => {
    expect(bar(0.5, 4)).toBe("██░░");
    expect(bar(-1, 2)).toBe("░░");
    expect(bar(7, 2)).toBe("██");
  });
});

describe("the status line of a terminal", () => {
  const wide = [
    { rank: 1, text: "loss 1.5" },
    { rank: 2, text: "step 10 of 20" },
  ];

  it("stands below what is printed and is gone when cleared", () => {
    const { stderr, env } = fakeTerminal({ columns: 40 });
    const line = openStatusLine(stderr, env);
    line.show(wide);
    line.print("one\ntwo");
    line.print("three");
    expect(screen(stderr.text, 40)).toEqual(["one", "two", "three", "loss 1.5  step 10 of 20"]);
    line.clear();
    expect(screen(stderr.text, 40)).toEqual(["one", "two", "three", ""]);
    line.print("four");
    expect(screen(stderr.text, 40)).toEqual(["one", "two", "three", "four", ""]);
  });

  it("drops pieces rather than wrap, and leaves the terminal wrapping again", () => {
    const { stderr, env } = fakeTerminal({ columns: 20 });
    const line = openStatusLine(stderr, env);
    line.show(wide);
    expect(screen(stderr.text, 20)).toEqual(["loss 1.5"]);
    line.clear();
    expect(stderr.text.lastIndexOf("\x1b[?7h")).toBeGreaterThan(stderr.text.lastIndexOf("\x1b[?7l"));
  });
});

describe("the status line of a file", () => {
  it("only prints", () => {
    const { stderr, env } = fakeTerminal();
    const line = openStatusLine(stderr, env);
    line.show([{ rank: 1, text: "loss 1.5" }]);
    line.print("one");
    line.clear();
    expect(stderr.text).toBe("one\n");
    expect(line.live).toBe(false);
  });
});
