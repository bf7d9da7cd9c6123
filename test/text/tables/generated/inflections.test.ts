import { describe, expect, it } from "vitest";
import { commonestAnswers, rowsOf, statedSequences } from "./readme.ts";

const stated = statedSequences("inflections.tsv");
const rows = rowsOf("inflections.tsv").map((row) => row.split("\t"));

/** A form by the rules that the README states, letter by letter. */
function inflected(lemma: string, features: string): string {
  const parts = features.split(";");
  const stem = parts[0] === "V" ? lemma.slice(0, -2) : lemma;
  const letters = Array.from(stem);
  const last = letters.findLastIndex((letter) => "aeiouäöü".includes(letter));
  const vowel = letters[last];
  const final = letters[letters.length - 1];
  if (parts.includes("PL")) {
    if (vowel === "a") letters[last] = "ä";
    if (vowel === "o") letters[last] = "ö";
    if (vowel === "u") letters[last] = "ü";
    letters.push("aou".includes(vowel) ? "er" : "i");
    if (parts.includes("GEN")) letters.push("s");
  } else if (parts.includes("GEN")) {
    letters.push("szt".includes(final) ? "es" : "s");
  } else if (parts.includes("PST")) {
    if (vowel === "i") letters[last] = "a";
    if (vowel === "e") letters[last] = "o";
    if (vowel === "ü") letters[last] = "u";
    letters.push("ptksf".includes(final) ? "te" : "de");
  } else {
    letters.push("a");
  }
  return (parts.includes("NEG") ? "ne" : "") + letters.join("");
}

describe("inflections", () => {
  it.each([
    ["nubrebos", "N;PL", "nubreböser"],
    ["hez", "N;PL", "hezi"],
    ["podup", "N;PL;GEN", "podüpers"],
    ["madöz", "N;SG;GEN", "madözes"],
    ["kal", "N;SG;GEN", "kals"],
    ["miden", "V;PST", "madde"],
    ["seben", "V;PST;NEG", "nesobde"],
    ["laken", "V;PST;NEG", "nelakte"],
    ["hözen", "V;PRS;NEG", "nehöza"],
  ])("makes of %s (%s) %s", (lemma, features, form) => {
    expect(inflected(lemma, features)).toBe(form);
  });

  it("has forms that follow from the stated rules, so the best accuracy is 1", () => {
    expect(rows.filter(([lemma, form, features]) => form !== inflected(lemma, features))).toEqual([]);
    expect(stated).toMatchObject({ task: "sequence-to-sequence", best: 1, simpleGuess: 0 });
  });

  it("has all features about equally often, and lemmas that show no form", () => {
    const features = rows.map(([, , features]) => features);
    const counts = [...new Set(features)].map((one) => features.filter((other) => other === one).length);
    expect(counts).toHaveLength(6);
    for (const count of counts) {
      expect(Math.abs(count - rows.length / 6)).toBeLessThan(5 * Math.sqrt((rows.length * 5) / 36));
    }
    expect(rows.filter(([lemma, form]) => form === lemma)).toEqual([]);
  });

  it("decides the form by the lemma and the features together", () => {
    expect(commonestAnswers(rows.map(([lemma, form, features]) => [`${lemma} ${features}`, form]))).toBe(1);
    expect(new Set(rows.map(([lemma, , features]) => `${lemma} ${features}`)).size).toBe(rows.length);
  });
});
