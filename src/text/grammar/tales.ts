import { defineGrammar, type Alternative, type Rules } from "./grammar.ts";
import { maybe, weighted, zipf } from "./rules.ts";

/** How a clause agrees with its subject. `ending` is the ending of a verb in the present tense. */
interface Agreement {
  readonly person: string;
  readonly possessive: string;
  readonly be: string;
  readonly have: string;
  readonly ending: string;
}

interface ToldAgreement extends Agreement {
  readonly was: string;
  readonly articles: readonly Alternative[];
  readonly number: string;
}

const singular = {
  be: "is",
  have: "has",
  ending: "s",
  was: "was",
  articles: weighted("the 3, a 2"),
  number: "a",
};
const plural = {
  be: "are",
  have: "have",
  ending: "",
  was: "were",
  articles: weighted("the 3, some 1, three 1"),
  number: "three",
};

/** The persons that a tale is about, the commonest first. */
const told: readonly ToldAgreement[] = [
  { person: "he", possessive: "his", ...singular },
  { person: "she", possessive: "her", ...singular },
  { person: "they", possessive: "their", ...plural },
];

/** The persons that only speech is about: the speaker and the listener. */
const speaking: readonly Agreement[] = [
  { person: "I", possessive: "my", be: "am", have: "have", ending: "" },
  { person: "You", possessive: "your", be: "are", have: "have", ending: "" },
  { person: "We", possessive: "our", be: "are", have: "have", ending: "" },
];

/** Nouns and adjectives begin with consonants, because "a" may stand before them. */
const lexicon: Rules = {
  he: zipf("fox, king, miller, boy, smith, bear, monk, toad"),
  she: zipf("queen, girl, witch, hen, cat, nurse, widow, goose"),
  they: zipf("wolves, bees, twins, sisters, ravens, judges, robbers, sheep"),
  thing: zipf("key, lamp, ring, cup, bell, loaf, boat, crown, book, drum, pie, harp"),
  ground: zipf("wood, river, mill, hill, gate, sea, bridge, tower"),
  where: zipf("in, by, under, near, behind, over"),
  manner: zipf("little, young, poor, wise, sly, proud, kind, bold"),
  quality: zipf("gold, small, red, silver, fine, heavy, rusty, magic"),
  took: zipf("found, took, hid, stole, kept, sold, broke, mended"),
  taken: zipf("lost, found, hidden, stolen, left, broken"),
  met: zipf("met, saw, feared, helped, loved, tricked, woke, fed"),
  went: zipf("sat, slept, ran, danced, lived, sang, wept, knelt"),
  feeling: zipf("sad, cold, glad, tired, hungry, alone, free, angry"),
  state: zipf("mine, gone, broken, empty, cursed, full of light"),
  want: zipf("want, need, keep, love, seek, fear"),
  when: zipf("One day, At night, At noon, In May, At dawn, When the moon rose"),
  first: zipf("T, M, B, L, S, R, N, D, K, P, G, V, Br, H, Tr, F"),
  consonant: zipf("r, l, n, m, t, s, nd, rl, d, ll, st, v, b, k, rt, g"),
  vowel: zipf("a, i, o, e, u"),
};

/** Names are made of syllables, so new names are always possible. Men's names end in o, women's in a, towns' in n. */
const names: Rules = {
  stem: [[1, "<first><vowel><maybeSyllable><consonant>"]],
  maybeSyllable: maybe(0.6, "<consonant><vowel>"),
  heName: [[1, "<stem>o<maybeTown>"]],
  sheName: [[1, "<stem>a<maybeTown>"]],
  town: [[1, "<stem><vowel>n"]],
  maybeTown: maybe(0.3, " of <town>"),
};

/**
 * Phrases that any sentence may have. "Someone" may have a relative clause, "anyone" has none. A quotation must be
 * closed after its phrases, and "that the fox" must go on with "had lost", so both use "anyone". So a model need not
 * remember an open quotation or clause for very long.
 */
const phrases: Rules = {
  someone: told.map(({ person }, rank) => [5 - rank, `<${person}Someone>`]),
  anyone: told.map(({ person }, rank) => [5 - rank, `<${person}Plain>`]),
  maybeThat: maybe(0.2, " that <anyone> had <taken>"),
  article: singular.articles,
  place: [
    [1, "<where> <article> <ground>"],
    [1, "in <town>"],
  ],
  maybePlace: maybe(0.3, " <place>"),
  maybeManner: maybe(0.4, "<manner> "),
  maybeQuality: maybe(0.4, "<quality> "),
};

/** A thing. Its possessive agrees with the subject. */
function possession({ possessive }: Agreement): Rules {
  return {
    [`${possessive}Thing`]: [
      [3, "<article> <maybeQuality><thing><maybeThat>"],
      [2, `${possessive} <maybeQuality><thing>`],
    ],
  };
}

/** Narration: "The miller, who was hungry, hid his lamp under the bridge and ran in Tomen." */
function narration({ person, possessive, was, articles, number }: ToldAgreement): Rules {
  const clause = (article: string): Alternative[] =>
    subject(person, article, "", `<${person}Aside> <${person}Deed><${person}Tail>`);
  return {
    [`${person}Article`]: articles,
    [`${person}FirstArticle`]: articles.map(([weight, article]) => [weight, capitalized(article)]),
    [`${person}Opening`]: [[1, `Once there lived ${number} <maybeManner><${person}> who <${person}Past>.`]],
    [`${person}Subject`]: subject(person, `${person}FirstArticle`, "", ""),
    [`${person}Sentence`]: clause(`${person}FirstArticle`),
    [`${person}Clause`]: clause(`${person}Article`),
    [`${person}Someone`]: subject(person, `${person}Article`, `<${person}Who>`, ""),
    [`${person}Plain`]: subject(person, `${person}Article`, "", ""),
    [`${person}Who`]: maybe(0.2, ` who <${person}Past>`),
    [`${person}Aside`]: maybe(0.4, `, who <${person}Past>,`),
    [`${person}Past`]: [
      [3, "<went> <place>"],
      [3, `had <taken> <${possessive}Thing>`],
      [2, `${was} <feeling>`],
      [2, "<met> <someone>"],
    ],
    [`${person}Deed`]: [
      [4, `<took> <${possessive}Thing><maybePlace>`],
      [3, "<met> <someone><maybePlace>"],
      [3, "<went> <place>"],
      [1, `${was} <feeling>`],
    ],
    [`${person}Tail`]: [
      [3, "."],
      [1, " and <went> <place>."],
    ],
  };
}

/** The subject of a clause: a noun or a name. The person "they" has no names. */
function subject(person: string, article: string, nounClause: string, rest: string): Alternative[] {
  const noun: Alternative = [2, `<${article}> <maybeManner><${person}><maybeTown>${nounClause}${rest}`];
  return `${person}Name` in names ? [noun, [3, `<${person}Name>${rest}`]] : [noun];
}

/** Speech is in the present tense: "I want my silver key." "The wolves have hidden the lamp." */
function speech({ person, possessive, be, have, ending }: Agreement): Rules {
  return {
    [`${person}Says`]: [
      [4, `<want>${ending} <${possessive}Thing>`],
      [2, `${be} <feeling>`],
      [2, `${have} <taken> <${possessive}Thing>`],
    ],
  };
}

function capitalized(word: string): string {
  return word[0].toUpperCase() + word.slice(1);
}

const outline: Rules = {
  tale: [[1, "<opening><moreSentences><moreParagraphs>"]],
  opening: told.map(({ person }, rank) => [5 - rank, `<${person}Opening>`]),
  moreParagraphs: [
    [6, "<sentence><moreSentences><moreParagraphs>"],
    [1, "And the <thing> is <place> to this day.\n\n"],
  ],
  moreSentences: [
    [2, " <sentence><moreSentences>"],
    [1, "\n"],
  ],
  sentence: [
    ...told.map(({ person }, rank): Alternative => [5 - rank, `<${person}Sentence>`]),
    ...told.map(({ person }, rank): Alternative => [0.4 * (5 - rank), `<when>, <${person}Clause>`]),
    [10, '"<speech>'],
  ],
  // The last sentence of a speech decides its closing mark, and the mark decides the verb: said, asked or cried.
  speech: [
    [4, "<statement><afterStatement>"],
    [3, "<question><afterQuestion>"],
    [3, "<cry><afterCry>"],
  ],
  afterStatement: [
    [2, ". <speech>"],
    [3, '," said <anyone><maybeListener>.'],
  ],
  afterQuestion: [
    [2, "? <speech>"],
    [3, '?" asked <anyone><maybeListener>.'],
  ],
  afterCry: [
    [2, "! <speech>"],
    [3, '!" cried <anyone><maybeListener>.'],
  ],
  maybeListener: maybe(0.2, " to <anyone>"),
  statement: [
    ...speaking.map(({ person }, rank): Alternative => [5 - 1.5 * rank, `${person} <${person}Says>`]),
    ...told.map(({ person }, rank): Alternative => [4 - rank, `<${person}Subject> <${person}Says>`]),
    [3, "The <maybeQuality><thing> is <state>"],
  ],
  question: [
    [3, "Where is your <maybeQuality><thing>"],
    [2, "Who has <taken> my <maybeQuality><thing>"],
    [2, "Have you seen <anyone>"],
    [2, "Why are you so <feeling>"],
  ],
  cry: [
    [2, "Give me your <maybeQuality><thing>"],
    [2, "Beware of <anyone>"],
    [1, "Run to the <ground>"],
    [1, "Look <place>"],
  ],
};

/**
 * Folk tales of a small world. The tales have dialogue in quotation marks, and relative clauses within relative
 * clauses. Verbs and possessives agree with their subject across the clauses. A line is a paragraph. An empty line
 * follows each tale.
 */
export const tales = defineGrammar(
  "tales",
  "tale",
  Object.assign(
    {},
    lexicon,
    names,
    phrases,
    outline,
    ...[...told, ...speaking].map(possession),
    ...told.map(narration),
    ...[...told, ...speaking].map(speech),
  ) as Rules,
);
