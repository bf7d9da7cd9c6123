import { expect, it } from "vitest";
import { TagLookup } from "../../../src/evaluation/baselines/tag-lookup.ts";

const NOUN = 0;
const VERB = 1;

const lookup = new TagLookup(
  ["run", "walk", "run", "run", "walk", "tree", "be", "go", "see"],
  [VERB, NOUN, NOUN, VERB, VERB, NOUN, VERB, VERB, VERB],
  3,
);

it("a lookup predicts the commonest tag of a token, and the first of two that are equally common", () => {
  expect(["run", "tree", "walk"].map((token) => lookup.predict(token))).toEqual([VERB, NOUN, NOUN]);
});

it("a lookup predicts the commonest tag of all for a token that it has not seen", () => {
  // Six verbs and three nouns
  expect(lookup.predict("house")).toBe(VERB);
});
