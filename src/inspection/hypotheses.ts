import { characterName } from "../text/character-names.ts";
import { BRACKETS, bracketSpans } from "./structure/brackets.ts";
import { codeFormOf, codeParts, type CodeForm } from "./structure/code.ts";
import { ifSpans } from "./structure/if-statements.ts";
import { joinSymbols, type JoinedText } from "./structure/joined-text.ts";
import { INDENT, LINE, LINE_AFTER_BLANK, sentenceSpans, WORD } from "./structure/prose.ts";
import { quotationSpans } from "./structure/quotations.ts";
import { depthIn, insideOf, positionIn, spansOf, type Span } from "./structure/spans.ts";

/**
 * Something that a unit may track, with its value at each character.
 *
 * A unit has read the present character, and not the next one. So "inside" means that the next character is inside: an
 * opening mark counts as inside, a closing mark as outside. Of a longer mark, such as `//`, the last character decides.
 * A comment that ends with its line is open until the line end. Depths follow the same rule. All else (positions, upper
 * case, digits, single characters, `match`) is about the present character.
 */
export interface Hypothesis {
  /** Such as "inside quotation marks". */
  readonly name: string;
  /** How a unit is scored: "auc" for yes or no, "correlation" for a number. */
  readonly measure: "auc" | "correlation";
  /** One for each character: 0 or 1 for "auc", never NaN. */
  readonly values: Float32Array;
}

/** A hypothesis that holds for fewer characters is left out. */
export const FEWEST_CHARACTERS = 20;

/** A character with a smaller share of the text has no hypothesis of its own. */
const SMALLEST_SHARE = 0.01;

/**
 * The hypotheses that hold for some characters of a text, and not for all. Each of `characters` is one symbol: a code
 * point, a byte as its Latin-1 character, or a word. Positions are counted in symbols, from 1.
 *
 * Program text has strings, comments and `if` statements; other texts have quotations and sentences. `match` adds a
 * hypothesis: the characters in its matches, or in the first group of them if it has a group.
 */
export function hypothesesOf(
  characters: readonly string[],
  { match }: { match?: RegExp } = {},
): Hypothesis[] {
  const joined = joinSymbols(characters);
  const form = codeFormOf(joined.text);
  const of = hypothesesIn(joined, characters.length);
  const hypotheses = [
    ...(match === undefined ? [] : [of.inside(nameOfMatch(match), matchSpans(joined.text, match))]),
    ...(form === undefined ? proseHypotheses(joined.text, of) : codeHypotheses(joined.text, form, of)),
    ...lineHypotheses(joined.text, of),
    ...(joined.words ? [] : wordHypotheses(joined.text, of)),
    ...characterHypotheses(characters, joined.words),
  ];
  return hypotheses.filter(varies);
}

/** Makes hypotheses from the spans of a text. */
interface Maker {
  inside(name: string, spans: readonly Span[]): Hypothesis;
  depth(name: string, spans: readonly Span[]): Hypothesis;
  position(name: string, spans: readonly Span[]): Hypothesis;
}

function hypothesesIn(text: JoinedText, length: number): Maker {
  const number = (name: string, values: Float32Array): Hypothesis => ({
    name,
    measure: "correlation",
    values,
  });
  return {
    inside: (name, spans) => ({ name, measure: "auc", values: insideOf(text.symbolsOf(spans), length) }),
    depth: (name, spans) => number(name, depthIn(text.symbolsOf(spans), length)),
    position: (name, spans) => number(name, positionIn(text.symbolsOf(spans), length)),
  };
}

/** The name of the hypothesis of `match`. */
export function nameOfMatch({ source }: RegExp): string {
  return `/${source}/`;
}

function matchSpans(text: string, match: RegExp): Span[] {
  const flags = new Set(match.flags).add("g").add("d");
  flags.delete("y");
  return Array.from(text.matchAll(new RegExp(match, [...flags].join(""))), ({ length, indices }) =>
    indices?.at(length > 1 ? 1 : 0),
  ).flatMap((found) => (found === undefined ? [] : [{ start: found[0], end: found[1] }]));
}

function proseHypotheses(text: string, of: Maker): Hypothesis[] {
  return [
    of.inside("inside quotation marks", quotationSpans(text)),
    ...bracketHypotheses(text, of, { withinParagraphs: true }),
    of.position("position in the sentence", sentenceSpans(text)),
  ];
}

function codeHypotheses(text: string, form: CodeForm, of: Maker): Hypothesis[] {
  const { comments, strings, bare } = codeParts(text, form);
  const { conditions, blocks } = ifSpans(bare, form);
  return [
    of.inside("inside a comment", comments),
    of.inside("inside a string", strings),
    of.inside("inside an if condition", conditions),
    of.inside("inside an if block", blocks),
    ...bracketHypotheses(bare, of, { withinParagraphs: false }),
  ];
}

/** Brackets of any kind; and each kind, if there are several. */
function bracketHypotheses(text: string, of: Maker, options: { withinParagraphs: boolean }): Hypothesis[] {
  const all = bracketSpans(text, options);
  const kinds = BRACKETS.map(({ name }, index) => ({
    name,
    spans: all.filter(({ kind }) => kind === index),
  })).filter(({ spans }) => spans.length > 0);
  return [{ name: "brackets", spans: all }, ...(kinds.length > 1 ? kinds : [])].flatMap(({ name, spans }) => [
    of.inside(`inside ${name}`, spans),
    of.depth(`depth of ${name}`, spans),
  ]);
}

function lineHypotheses(text: string, of: Maker): Hypothesis[] {
  const position = of.position("position in the line", spansOf(text, LINE));
  return [
    indentationOf(of.position("", spansOf(text, INDENT)).values, position.values),
    position,
    of.inside("after a blank line", spansOf(text, LINE_AFTER_BLANK)),
  ];
}

/** The spaces and tabs at the beginning of the line: those that are read so far, and after them all of the line's. */
function indentationOf(positionInIndent: Float32Array, positionInLine: Float32Array): Hypothesis {
  let indent = 0;
  const values = positionInLine.map((position, t) => {
    if (position <= 1) indent = 0;
    indent = Math.max(indent, positionInIndent[t]);
    return indent;
  });
  return { name: "indentation of the line", measure: "correlation", values };
}

function wordHypotheses(text: string, of: Maker): Hypothesis[] {
  const position = of.position("position in the word", spansOf(text, WORD));
  return [
    position,
    { name: "word start", measure: "auc", values: position.values.map((value) => Number(value === 1)) },
  ];
}

/** Upper case and digits (of a word, its first character decides), and each frequent symbol, the most frequent first. */
function characterHypotheses(characters: readonly string[], words: boolean): Hypothesis[] {
  const { symbols, counts, indices } = distinct(characters);
  const present = (name: string, holds: (symbol: string) => boolean): Hypothesis => {
    const held = symbols.map((symbol) => Number(holds(symbol)));
    const values = new Float32Array(indices.length);
    for (let t = 0; t < values.length; t++) values[t] = held[indices[t]];
    return { name, measure: "auc", values };
  };
  const frequent = symbols
    .map((symbol, index) => ({ symbol, count: counts[index] }))
    .filter(({ count }) => count >= SMALLEST_SHARE * characters.length)
    .sort((a, b) => b.count - a.count);
  return [
    present("upper case", (symbol) => /^[\p{Lu}\p{Lt}]/u.test(symbol)),
    present("digit", (symbol) => /^\p{Nd}/u.test(symbol)),
    ...frequent.map(({ symbol: frequentOne }) =>
      present(`${words ? "word" : "character"} ${nameOf(frequentOne)}`, (symbol) => symbol === frequentOne),
    ),
  ];
}

/** The distinct symbols of a text, how often each occurs, and the index of each symbol of the text among them. */
function distinct(characters: readonly string[]) {
  const indexOf = new Map<string, number>();
  const counts: number[] = [];
  const indices = new Uint32Array(characters.length);
  for (let t = 0; t < characters.length; t++) {
    const index = indexOf.get(characters[t]) ?? indexOf.size;
    if (index === counts.length) {
      indexOf.set(characters[t], index);
      counts.push(0);
    }
    counts[index]++;
    indices[t] = index;
  }
  return { symbols: [...indexOf.keys()], counts, indices };
}

function nameOf(symbol: string): string {
  return characterName(symbol.codePointAt(0) ?? 0) ?? symbol;
}

/** Whether a hypothesis holds for enough characters, and has more than one value. */
function varies({ values }: Hypothesis): boolean {
  let holding = 0;
  let differing = 0;
  for (let t = 0; t < values.length; t++) {
    if (values[t] !== 0) holding++;
    if (values[t] !== values[0]) differing++;
  }
  return holding >= FEWEST_CHARACTERS && differing > 0;
}
