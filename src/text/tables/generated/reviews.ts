import { drawUnit } from "../../grammar/generate.ts";
import { defineGrammar, type Rules } from "../../grammar/grammar.ts";
import { maybe, zipf } from "../../grammar/rules.ts";
import { independent, type GeneratedTable } from "./table.ts";

/** Each adjective suits each thing, and all begin with a consonant, because "a" may stand before them. */
const lexicon: Rules = {
  praise: zipf("good, fine, lovely, rich, fresh, great"),
  blame: zipf("bad, dull, poor, weak, stale, sad"),
  thing: zipf("film, meal, story, soup, music, bread, ending, cake"),
  aside: zipf("we went on monday, my brother came too, it rained that day, the room was full"),
};

/** The ways to pass a judgement. `own` is a word for this judgement, `opposite` a word for the contrary. */
function judgements(label: string, own: string, opposite: string): Rules {
  const again = label === "positive" ? "would" : "would never";
  return {
    [label]: [[1, `<before><${label}Judgement> .<after>\t${label}\n`]],
    [`${label}Judgement`]: [
      [2, `the <thing> was <${own}>`],
      [2, `the <thing> was not <${opposite}>`],
      [3, `the <thing> was not <${opposite}> but <${own}>`],
      [2, `the <thing> was <${own}> , not <${opposite}>`],
      [3, `the <thing> was <${opposite}> at first , but then it was <${own}>`],
      [3, `the <thing> was <${opposite}> , but the <thing> was <${own}>`],
      [2, `they never make a <${opposite}> <thing>`],
      [1, `i would not say that the <thing> was <${opposite}>`],
      [1, `i ${again} pay for the <thing> again`],
    ],
  };
}

/** Writes a review, a tab and its label. */
export const reviewGrammar = defineGrammar(
  "reviews",
  "review",
  Object.assign(
    {
      review: [
        [1, "<positive>"],
        [1, "<negative>"],
      ],
      before: maybe(0.4, "<aside> . "),
      after: maybe(0.4, " <aside> ."),
    },
    lexicon,
    judgements("positive", "praise", "blame"),
    judgements("negative", "blame", "praise"),
  ),
);

/**
 * Reviews of films and meals, each with one judgement. Words are separated by spaces, and so are the marks. The last
 * word of praise or blame decides the label. "again" is a word of praise. "not" and "never" turn the words after them
 * into their contrary, as far as the next mark or "but".
 */
export const reviews: GeneratedTable = {
  name: "reviews",
  header: "review\tlabel",
  length: 1600,
  examples: independent((uniform) => drawUnit(reviewGrammar, uniform).text),
};
