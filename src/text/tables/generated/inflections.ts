import { choose, wholeNumber } from "./dice.ts";
import { distinct, type GeneratedTable } from "./table.ts";

/** The consonants that a syllable may begin with, and those that a stem may end with. */
const FIRST = ["b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "br", "kl", "st"];
const LAST = ["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "nd", "lk", "rt"];
const VOWELS = ["a", "e", "i", "o", "u", "ä", "ö", "ü"];

/** How often a stem has one, two and three syllables. */
const SYLLABLES = [0.3, 0.5, 0.2];

/** The plural changes these vowels if they are the last vowel of a noun, and the past those of a verb. Others stay. */
const pluralVowels: Readonly<Record<string, string>> = { a: "ä", o: "ö", u: "ü" };
const pastVowels: Readonly<Record<string, string>> = { i: "a", e: "o", ü: "u" };

/** What a lemma with these features becomes. A verb's lemma ends in -en, which its forms do not have. */
const forms: Readonly<Record<string, (lemma: string) => string>> = {
  "N;PL": plural,
  "N;PL;GEN": (lemma) => `${plural(lemma)}s`,
  "N;SG;GEN": (lemma) => lemma + (/[szt]$/.test(lemma) ? "es" : "s"),
  "V;PST": past,
  "V;PST;NEG": (lemma) => negative(past(lemma)),
  "V;PRS;NEG": (lemma) => negative(present(lemma)),
};

const nounFeatures = Object.keys(forms).filter((features) => features.startsWith("N"));
const verbFeatures = Object.keys(forms).filter((features) => features.startsWith("V"));

/**
 * The plurals and pasts of an invented language: a lemma, a form of it, and the features of the form. The lemma and the
 * features decide the form. No lemma comes twice with the same features.
 */
export const inflections: GeneratedTable = {
  name: "inflections",
  header: "lemma\tform\tfeatures",
  length: 4000,
  examples: distinct((uniform) => {
    const oneOf = (list: readonly string[]) => list[wholeNumber(0, list.length - 1, uniform)];
    let stem = "";
    for (let left = choose(SYLLABLES, uniform); left >= 0; left--) stem += oneOf(FIRST) + oneOf(VOWELS);
    stem += oneOf(LAST);
    const isNoun = wholeNumber(0, 1, uniform) === 0;
    const lemma = isNoun ? stem : `${stem}en`;
    const features = oneOf(isNoun ? nounFeatures : verbFeatures);
    return `${lemma}\t${forms[features](lemma)}\t${features}\n`;
  }),
};

/** The last vowel changes. The ending is -i after a front vowel, and otherwise -er. */
function plural(lemma: string): string {
  const [, vowel] = /([aeiouäöü])[^aeiouäöü]*$/.exec(lemma) ?? [];
  return changeLastVowel(lemma, pluralVowels) + (/[eiäöü]/.test(vowel) ? "i" : "er");
}

/** The last vowel of the stem changes. The ending is -te after p, t, k, s and f, and otherwise -de. */
function past(lemma: string): string {
  const stem = stemOf(lemma);
  return changeLastVowel(stem, pastVowels) + (/[ptksf]$/.test(stem) ? "te" : "de");
}

function present(lemma: string): string {
  return `${stemOf(lemma)}a`;
}

/** Puts "ne" before a form. Every form begins with a consonant. */
function negative(form: string): string {
  return `ne${form}`;
}

function stemOf(lemma: string): string {
  return lemma.slice(0, -"en".length);
}

function changeLastVowel(text: string, changes: Readonly<Record<string, string>>): string {
  return text.replace(/[aeiouäöü](?=[^aeiouäöü]*$)/, (vowel) => changes[vowel] ?? vowel);
}
