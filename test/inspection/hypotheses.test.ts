import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FEWEST_CHARACTERS, hypothesesOf, type Hypothesis } from "../../src/inspection/hypotheses.ts";
import { digitsOf, drawing } from "./structure/drawing.ts";

/** A hypothesis about a text, which is repeated so that enough characters hold. */
function expectValues(
  name: string,
  lines: string,
  { match, times = 20 }: { match?: RegExp; times?: number } = {},
) {
  const { text, digits } = drawing(lines);
  const hypotheses = hypothesesOf(Array.from(text.repeat(times)), match === undefined ? {} : { match });
  expect(digitsOf(valuesOf(hypotheses, name))).toBe(digits.repeat(times));
}

function valuesOf(hypotheses: readonly Hypothesis[], name: string): Float32Array {
  const found = hypotheses.find((hypothesis) => hypothesis.name === name);
  if (found === undefined) throw new Error(`no ${name} in ${namesOf(hypotheses).join(", ")}`);
  return found.values;
}

const namesOf = (hypotheses: readonly Hypothesis[]) => hypotheses.map(({ name }) => name);

describe("hypotheses about prose", () => {
  it("are inside quotation marks and brackets", () => {
    const quotation = `
      |He (not I) said "Go (now)!"¶
      |0000000000000000111111111100
    `;
    expectValues("inside quotation marks", quotation);
    expectValues(
      "inside brackets",
      `
      |He (not I) said "Go (now)!"¶
      |0001111110000000000011110000
    `,
    );
  });

  it("are the positions in the line, the word and the sentence", () => {
    expectValues(
      "position in the line",
      `
      |Go on¶
      |123450
      |¶
      |0
    `,
    );
    expectValues(
      "position in the word",
      `
      |Go on, it's 1.¶
      |120120012340100
    `,
    );
    expectValues(
      "position in the sentence",
      `
      |I go. We go!¶
      |1234501234560
      |¶
      |0
    `,
    );
  });

  it("are word starts, upper case, digits, lines after a blank line, and single characters", () => {
    const text = "|It is 7 Éa¶";
    for (const [name, digits] of [
      ["word start", "|10010010100"],
      ["upper case", "|10000000100"],
      ["digit", "|00000010000"],
      ["character t", "|01000000000"],
      ["character space", "|00100101000"],
      ["character newline", "|00000000001"],
    ]) {
      expectValues(name, `${text}\n${digits}`);
    }
    // A blank line is after "ab", so "cd" is after a blank line; and so is "ab" from its second time on.
    const paragraphs = hypothesesOf(Array.from("ab\n\ncd\ne\n\n".repeat(20)));
    expect(digitsOf(valuesOf(paragraphs, "after a blank line")).slice(0, 20)).toBe(
      "0001110001" + "1101110001",
    );
  });
});

describe("hypotheses about programs", () => {
  const program = (digits: readonly string[]) => `
      |if (a < 1) { // "one¶
      |${digits[0]}
      |  b(c, "if (");¶
      |${digits[1]}
      |}¶
      |${digits[2]}
    `;

  it("are comments, strings, if statements, brackets and the indentation", () => {
    const zeros = ["000000000000000000000", "0000000000000000", "00"];
    expectValues("inside a comment", program(["000000000000001111110", zeros[1], zeros[2]]));
    expectValues("inside a string", program([zeros[0], "0000000111110000", zeros[2]]));
    expectValues("inside an if condition", program(["000111111000000000000", zeros[1], zeros[2]]));
    expectValues("inside an if block", program(["000000000001111111111", "1111111111111111", "00"]));
    expectValues("depth of brackets", program(["000111111001111111111", "1112222222222111", "00"]));
    expectValues("inside round brackets", program(["000111111000000000000", "0001111111111000", "00"]));
    expectValues("indentation of the line", program([zeros[0], "1222222222222220", "00"]));
  });

  it("are other ones than about prose", () => {
    const { text } = drawing(program(["", "", ""]));
    const names = namesOf(hypothesesOf(Array.from(text.repeat(20))));
    expect(names).not.toContain("inside quotation marks");
    expect(names).not.toContain("position in the sentence");
  });
});

describe("a match", () => {
  it("holds in its first group, or in all of it", () => {
    const both = (digits: string) => `\n|say 12 and 345¶\n|${digits}`;
    expectValues("/[0-9]+/", both("000011000001110"), { match: /[0-9]+/ });
    expectValues("/and ([0-9])/", both("000000000001000"), { match: /and ([0-9])/ });
    expectValues("/(x)|and/", "\n|x and¶\n|100000", { match: /(x)|and/, times: 30 });
  });

  it("counts a character of two UTF-16 units once", () => {
    expectValues("/b/", "|🐝b🐝¶\n|0100", { match: /b/ });
    expectValues("position in the line", "|🐝b🐝¶\n|1230");
  });

  it("keeps the flags of the expression", () => {
    expectValues("/B/", "|abc¶\n|0100", { match: /B/iy });
  });
});

describe("hypotheses about words", () => {
  it("count in words, and know marks within words", () => {
    const words = ["The", "king", "said:", '"Go', "and", 'run!"', "\n"];
    const hypotheses = hypothesesOf(Array.from({ length: 20 }, () => words).flat());
    expect(digitsOf(valuesOf(hypotheses, "inside quotation marks")).slice(0, 7)).toBe("0001100");
    expect(digitsOf(valuesOf(hypotheses, "position in the line")).slice(0, 7)).toBe("1234560");
    expect(digitsOf(valuesOf(hypotheses, "word king")).slice(0, 7)).toBe("0100000");
    expect(namesOf(hypotheses)).not.toContain("position in the word");
  });
});

describe("all hypotheses", () => {
  it("leave out those that hold for few characters, or for all", () => {
    const digitsIn = (count: number) =>
      namesOf(hypothesesOf(Array.from("ab\n".repeat(50) + "7".repeat(count))));
    expect(digitsIn(FEWEST_CHARACTERS)).toContain("digit");
    expect(digitsIn(FEWEST_CHARACTERS - 1)).not.toContain("digit");
    expect(hypothesesOf(Array.from("a".repeat(100)))).toMatchObject([
      { name: "position in the line" },
      { name: "position in the word" },
    ]);
    expect(hypothesesOf([])).toEqual([]);
  });

  it("have one finite value for each character, 0 or 1 for yes or no, and a name of their own", () => {
    const characters = Array.from("ab A1.!\"“”()[]{};:/*#'`\\\n\t🐝");
    const piece = fc.constantFrom(...characters, "if (", "if a:\n  ", "\n\n", "//", '"""');
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 80 }), (pieces) => {
        const text = Array.from(pieces.join("").repeat(8));
        const hypotheses = hypothesesOf(text, { match: /a(b)?/ });
        expect(new Set(namesOf(hypotheses)).size).toBe(hypotheses.length);
        for (const { measure, values } of hypotheses) {
          expect(values.length).toBe(text.length);
          const most = measure === "auc" ? 1 : text.length;
          expect(values.every((value) => Number.isInteger(value) && value >= 0 && value <= most)).toBe(true);
          expect(new Set(values).size).toBeGreaterThan(1);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("fit the corpora", () => {
    const read = (name: string) => Array.from(readFileSync(`corpora/${name}`, "utf8").slice(0, 20_000));
    const share = (hypotheses: readonly Hypothesis[], name: string) => {
      const values = valuesOf(hypotheses, name);
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    const tales = read("tales.txt");
    // Every quotation of this corpus closes on its line, so marks that take turns find the same places.
    let inside = 0;
    const turns = tales.map((character) => (inside = character === '"' ? 1 - inside : inside));
    expect(digitsOf(valuesOf(hypothesesOf(tales), "inside quotation marks"))).toBe(turns.join(""));

    const code = hypothesesOf(read("code.txt"));
    for (const name of ["a comment", "a string", "an if condition", "an if block"]) {
      expect(share(code, `inside ${name}`)).toBeGreaterThan(0.01);
    }
    expect(share(code, "inside an if block")).toBeLessThan(share(code, "inside curly brackets"));
  });
});
