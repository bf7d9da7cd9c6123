import { drawUnit } from "../../grammar/generate.ts";
import { defineGrammar, type Rules } from "../../grammar/grammar.ts";
import { maybe, weighted, zipf } from "../../grammar/rules.ts";
import { independent, type GeneratedTable } from "./table.ts";

/** A stem has one or two syllables. Every stem takes every ending, so a stem tells nothing about the tag. */
const stems: Rules = {
  stem: [
    [2, "<consonant><vowel><final>"],
    [1, "<consonant><vowel><final><vowel><final>"],
  ],
  consonant: zipf("s, m, b, k, l, t, v, d, g, f"),
  vowel: zipf("a, e, o, i, u"),
  final: zipf("l, r, n, k, s, d, t, m"),
};

/** Noun phrases: of one or of many. "ta" is an article, which means "the", or a pronoun. */
const phrases: Rules = {
  phrase: weighted("<one> 1, <many> 1"),
  one: [
    [1, "ta\tPRON\n"],
    [3, "<article><adjectives><stem>o\tNOUN\n"],
  ],
  many: [
    [1, "nu\tPRON\n"],
    [3, "<article><adjectives><stem>en\tNOUN\n"],
  ],
  article: weighted("ta\tDET\n 3, mo\tDET\n 2"),
  adjectives: [
    [5, ""],
    [4, "<stem>i\tADJ\n"],
    [1, "<stem>i\tADJ\n<stem>i\tADJ\n"],
  ],
};

/** Writes a sentence in CoNLL: a word, a tab and its tag a line, and an empty line at the end. */
export const tagGrammar = defineGrammar("tags", "sentence", {
  sentence: [
    [1, "<one><stem>as\tVERB\n<rest>.\tPUNCT\n\n"],
    [1, "<many><stem>en\tVERB\n<rest>.\tPUNCT\n\n"],
  ],
  rest: [[1, "<adverb><object><end>"]],
  adverb: maybe(0.4, "<stem>i\tADV\n"),
  object: maybe(0.6, "<phrase>"),
  end: [
    [2, ""],
    [1, "pe\tPART\n"],
    [1, "pe\tADP\n<phrase>"],
  ],
  ...phrases,
  ...stems,
});

/**
 * Sentences of an invented language, with a tag for each word. Three endings and two words have two tags each, and the
 * words around them decide. Many words are rare. For a rare word, only the ending shows which tags are possible.
 */
export const tags: GeneratedTable = {
  name: "tags",
  length: 1200,
  examples: independent((uniform) => drawUnit(tagGrammar, uniform).text),
};
