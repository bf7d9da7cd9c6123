import { describe, expect, it } from "vitest";
import { rowsOf, statedSequences } from "./readme.ts";

describe.each(["reversal", "sorting"])("%s", (name) => {
  const stated = statedSequences(`${name}.tsv`);
  const rows = rowsOf(`${name}.tsv`).map((row) => row.split("\t"));

  it("has strings of 2 to 20 of the letters a to h, and is stated to be exactly solvable", () => {
    expect(rows.filter(([text]) => !/^[a-h]{2,20}$/.test(text))).toEqual([]);
    expect(new Set(rows.map(([text]) => text.length)).size).toBe(19);
    expect(stated).toMatchObject({ task: "sequence-to-sequence", best: 1 });
  });

  it("is hard for a guess that copies the string", () => {
    const right = rows.filter(([text, answer]) => text === answer);
    expect((right.length / rows.length).toFixed(4)).toBe(stated.simpleGuess.toFixed(4));
  });
});

describe("reversal", () => {
  it("has the letter at i from the end at i from the start", () => {
    const rows = rowsOf("reversal.tsv").map((row) => row.split("\t"));
    const wrong = rows.filter(([text, reversed]) => {
      const isSame = Array.from(reversed).every((letter, i) => letter === text[text.length - 1 - i]);
      return !isSame || reversed.length !== text.length;
    });
    expect(wrong).toEqual([]);
  });
});

describe("sorting", () => {
  it("has each letter as often as the string has it, and never a letter before an earlier one", () => {
    const rows = rowsOf("sorting.tsv").map((row) => row.split("\t"));
    const count = (text: string, letter: string) => text.split(letter).length - 1;
    const inOrder = rows.map(([text]) =>
      Array.from("abcdefgh", (letter) => letter.repeat(count(text, letter))).join(""),
    );
    expect(rows.map(([, sorted]) => sorted)).toEqual(inOrder);
  });
});
