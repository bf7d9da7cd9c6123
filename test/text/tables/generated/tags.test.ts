import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Grammar } from "../../../../src/text/grammar/grammar.ts";
import { tagGrammar } from "../../../../src/text/tables/generated/tags.ts";
import { allTexts } from "./probabilities.ts";
import { readmeSays, statedSequences } from "./readme.ts";

type Token = readonly [word: string, tag: string];

const stated = statedSequences("tags.conll");
const sentences = readFileSync("corpora/tags.conll", "utf8").trimEnd().split("\n\n").map(tokensOf);
/** p(sentence) of every sentence, with "x" for each stem: all stems have the same probabilities. */
const skeletons = Array.from(
  allTexts(withOneStem(tagGrammar)),
  ([text, p]) => [tokensOf(text.trimEnd()), p] as const,
);

function tokensOf(sentence: string): Token[] {
  return sentence.split("\n").map((line) => line.split("\t") as [string, string]);
}

function withOneStem(grammar: Grammar): Grammar {
  const x = { probability: 1, symbols: ["x".charCodeAt(0)] };
  return {
    ...grammar,
    nonterminals: grammar.nonterminals.map((nonterminal) =>
      nonterminal.name === "stem" ? { ...nonterminal, productions: [x] } : nonterminal,
    ),
  };
}

/** The tags by the rules that the README states. */
function tagsOf(words: readonly string[]): string[] {
  const tags: string[] = [];
  words.forEach((word, i) => {
    const next = words.at(i + 1) ?? "";
    const previous = tags.at(-1) ?? "";
    const isInNounPhrase = previous === "DET" || previous === "ADJ";
    if (word === ".") tags.push("PUNCT");
    else if (word === "nu") tags.push("PRON");
    else if (word === "mo") tags.push("DET");
    else if (word === "ta") tags.push(next.endsWith("as") || ["pe", "."].includes(next) ? "PRON" : "DET");
    else if (word === "pe") tags.push(next === "." ? "PART" : "ADP");
    else if (word.endsWith("o")) tags.push("NOUN");
    else if (word.endsWith("as")) tags.push("VERB");
    else if (word.endsWith("i")) tags.push(isInNounPhrase ? "ADJ" : "ADV");
    else tags.push(isInNounPhrase ? "NOUN" : "VERB");
  });
  return tags;
}

describe("tags", () => {
  it("has tags that follow from the stated rules, so the best accuracy is 1", () => {
    // 2 numbers of 7 subjects; an adverb or none; 14 phrases or none as the object; 14 phrases after "pe", "pe" or none.
    expect(skeletons).toHaveLength(2 * 7 * 2 * 15 * 16);
    const wrong = sentences.concat(skeletons.map(([tokens]) => tokens)).filter((sentence) => {
      const expected = tagsOf(sentence.map(([word]) => word));
      return sentence.some(([, tag], i) => tag !== expected[i]);
    });
    expect(wrong).toEqual([]);
    expect(stated).toMatchObject({ task: "many-to-many", best: 1 });
  });

  it("is hard for a lookup of each word's commonest tag: its best accuracy is the one that the README states", () => {
    const counts = new Map<string, Map<string, number>>();
    let total = 0;
    for (const [tokens, p] of skeletons) {
      for (const [word, tag] of tokens) {
        const tags = counts.get(word) ?? new Map<string, number>();
        counts.set(word, tags.set(tag, (tags.get(tag) ?? 0) + p));
        total += p;
      }
    }
    const best = [...counts.values()].reduce((sum, tags) => sum + Math.max(...tags.values()), 0) / total;
    expect(skeletons.reduce((sum, [, p]) => sum + p, 0)).toBeCloseTo(1, 9);
    expect(best.toFixed(4)).toBe(stated.simpleGuess.toFixed(4));
  });

  it("has stems of consonants and vowels in turn, and as many different words as the README states", () => {
    const words = sentences.flatMap((tokens) => tokens.map(([word]) => word));
    const open = /^[b-df-hj-np-tv-z][aeiou][b-df-hj-np-tv-z]([aeiou][b-df-hj-np-tv-z])?(o|en|as|i)$/;
    const strange = words.filter((word) => !open.test(word) && !["ta", "mo", "nu", "pe", "."].includes(word));
    expect(strange).toEqual([]);
    expect(readmeSays(`${new Set(words).size.toLocaleString("en")} different words`)).toBe(true);
  });
});
