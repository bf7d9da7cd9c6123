import { drawUnit } from "../../grammar/generate.ts";
import { defineGrammar, type Rules } from "../../grammar/grammar.ts";
import { zipf } from "../../grammar/rules.ts";
import { independent, type GeneratedTable } from "./table.ts";

/** How the names of an invented nation are built. Each list begins with its commonest letters. */
interface Nation {
  readonly nationality: string;
  /** How common the nation's people are. */
  readonly weight: number;
  readonly first: string;
  readonly vowel: string;
  readonly middle: string;
  readonly last: string;
}

const nations: readonly Nation[] = [
  {
    nationality: "Arvene",
    weight: 8,
    first: "M, L, R, S, V, N",
    vowel: "a, e, i, o",
    middle: "r, l, v, n, ll",
    last: "n, ne, ra, l",
  },
  {
    nationality: "Belmish",
    weight: 6,
    first: "B, M, L, P, S, H",
    vowel: "e, i, a, u",
    middle: "l, lm, r, b, d",
    last: "l, ld, n, m",
  },
  {
    nationality: "Corvic",
    weight: 5,
    first: "K, T, R, G, V, S",
    vowel: "o, a, u, i",
    middle: "r, k, rv, t, l",
    last: "k, n, r, ra",
  },
  {
    nationality: "Dunnic",
    weight: 4,
    first: "T, D, B, H, R, S",
    vowel: "u, o, e, ø",
    middle: "n, d, nn, r, l",
    last: "n, r, nd, m",
  },
  {
    nationality: "Eskari",
    weight: 3,
    first: "S, K, Z, T, N, R",
    vowel: "a, i, e, u",
    middle: "k, r, s, n, z",
    last: "n, ri, r, k",
  },
  {
    nationality: "Faloan",
    weight: 3,
    first: "L, F, N, M, T, S",
    vowel: "a, o, e, u",
    middle: "l, n, r, m, f",
    last: "n, no, ra, l",
  },
  {
    nationality: "Gruvish",
    weight: 2,
    first: "G, V, K, R, Gr, B",
    vowel: "u, a, o, i",
    middle: "v, r, k, rg, b",
    last: "k, v, r, m",
  },
  {
    nationality: "Orelle",
    weight: 2,
    first: "L, M, R, D, V, N",
    vowel: "e, o, é, a",
    middle: "r, ll, l, v, t",
    last: "l, ne, lle, r",
  },
];

/** A name has one to three syllables, a consonant and a vowel each, and then an ending. */
function namesOf({ nationality, ...letters }: Nation): Rules {
  const first = `<${nationality}First><${nationality}Vowel>`;
  const middle = `<${nationality}Middle><${nationality}Vowel>`;
  const last = `<${nationality}Last>`;
  return {
    [`${nationality}Name`]: [
      [3, first + last],
      [5, first + middle + last],
      [2, first + middle + middle + last],
    ],
    [`${nationality}First`]: zipf(letters.first),
    [`${nationality}Vowel`]: zipf(letters.vowel),
    [`${nationality}Middle`]: zipf(letters.middle),
    [`${nationality}Last`]: zipf(letters.last),
  };
}

/** Writes a name, a tab and the nationality. A name may be of several nations, but a line has one derivation. */
export const nationalityGrammar = defineGrammar(
  "nationalities",
  "line",
  Object.assign(
    { line: nations.map(({ nationality, weight }) => [weight, `<${nationality}Name>\t${nationality}\n`]) },
    ...nations.map(namesOf),
  ) as Rules,
);

/** Names of eight invented nations. A name may occur more than once, and with more than one nationality. */
export const nationalities: GeneratedTable = {
  name: "nationalities",
  header: "name\tnationality",
  length: 5000,
  examples: independent((uniform) => drawUnit(nationalityGrammar, uniform).text),
};
