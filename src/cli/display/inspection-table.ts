import { type ChalkInstance } from "chalk";
import { type Ablation } from "../../inspection/ablate.ts";
import { type Inspection, type InspectedHypothesis } from "../../inspection/inspect.ts";
import { type UnitPlace } from "../../inspection/places.ts";
import { type ReadStep } from "../../inspection/steps.ts";
import { formatCount, formatLoss, formatShare, printable } from "../terminal/format.ts";
import { table, wrap } from "../terminal/table.ts";

/** A unit is worth a sentence if its held-out score is at least this, and so far above its control. */
const CLEAR_SCORE = 0.9;
const CLEAR_CORRELATION = 0.8;
const ABOVE_CONTROL = 0.1;
const MOST_SENTENCES = 6;
const MOST_DEAD = 8;

/** What the units of a network track, for people: the clearest findings first, then all hypotheses, then the gates. */
export function describeInspection(inspection: Inspection, columns?: number): string {
  const { text, characters, loss, hypotheses, saturation, dead } = inspection;
  const sentences = hypotheses.filter(isClear).slice(0, MOST_SENTENCES).map(sentenceOf);
  const opening =
    sentences.length > 0 ? sentences : ["No single unit tracks a hypothesis clearly in this text."];
  return [
    ...opening.map((sentence) => wrap(sentence, columns)),
    "",
    wrap(`text: ${text}, ${formatCount(characters)} characters, loss ${formatLoss(loss)}`, columns),
    "",
    ...hypothesisTable(hypotheses, columns),
    "",
    wrap(
      "held out: AUC, or correlation (r), on the half of the text that did not choose the unit. - before a unit: it is low " +
        "there. control: the same for shifted hypotheses. probe: all units of a layer together, and a random task.",
      columns,
    ),
    ...(saturation.length > 0 ? ["", ...gateTable(inspection, columns)] : []),
    ...(dead.length > 0
      ? ["", wrap(`dead units (their activation hardly changes): ${listOf(dead)}`, columns)]
      : []),
    "",
  ].join("\n");
}

function isClear({ best, measure }: InspectedHypothesis): boolean {
  if (best.length === 0) return false;
  const [{ heldOut, control }] = best;
  return (
    heldOut >= (measure === "auc" ? CLEAR_SCORE : CLEAR_CORRELATION) && heldOut >= control + ABOVE_CONTROL
  );
}

function sentenceOf({ name, measure, best: [found] }: InspectedHypothesis): string {
  const { cell, sign, heldOut, control, lossInside, lossOutside } = found;
  const scores = `${heldOut.toFixed(2)} on text it was not chosen on, ${control.toFixed(2)} for its control`;
  if (measure === "correlation") {
    return `${cell} ${sign > 0 ? "rises" : "falls"} with: ${name} (correlation ${scores}).`;
  }
  const effect =
    lossInside === null || lossOutside === null
      ? "."
      : `; fixed at its mean, the loss there rises by ${lossInside.toFixed(3)} nats, elsewhere by ${lossOutside.toFixed(3)}.`;
  const where = /^(inside|after) /.test(name) ? name : `at: ${name}`;
  return `${cell} is ${sign > 0 ? "high" : "low"} ${where} (AUC ${scores})${effect}`;
}

function hypothesisTable(hypotheses: readonly InspectedHypothesis[], columns: number | undefined): string[] {
  const rows = hypotheses.map(({ name, measure, positives, best, probe }) => {
    const found = best.at(0);
    return [
      name,
      formatCount(positives),
      found === undefined ? "" : `${found.sign < 0 ? "-" : ""}${found.cell}`,
      `${measure === "auc" ? "" : "r "}${score(found?.heldOut)}`,
      score(found?.control),
      score(probe.heldOut),
      score(probe.control),
    ];
  });
  const heads = ["hypothesis", "characters", "best unit", "held out", "control", "probe", "its control"];
  return table([heads, ...rows], { right: [1, 3, 4, 5, 6], width: columns });
}

function score(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? "-" : value.toFixed(3);
}

function gateTable({ saturation }: Inspection, columns: number | undefined): string[] {
  const rows = saturation.map(({ layer, gate, under, over, units }) => [
    `layer ${layer}`,
    gate,
    formatShare(under),
    formatShare(over),
    formatCount(units.over.filter((share) => share > 0.9).length),
    formatCount(units.under.filter((share) => share > 0.9).length),
  ]);
  const heads = ["gates", "", "below .1", "above .9", "units nearly always open", "nearly always closed"];
  return table([heads, ...rows], { right: [2, 3, 4, 5], width: columns });
}

function listOf(names: readonly string[]): string {
  const more = names.length - MOST_DEAD;
  return `${names.slice(0, MOST_DEAD).join(", ")}${more > 0 ? ` and ${formatCount(more)} more` : ""}`;
}

/** The rise of the loss as more and more units are fixed. */
export function describeAblation(name: string, curve: readonly Ablation[], columns?: number): string {
  const rows = curve.map(({ units, best, random }) => [
    formatCount(units),
    ...[best.inside, best.outside, random.inside, random.outside].map((rise) => rise?.toFixed(4) ?? "-"),
  ]);
  const heads = ["units", "best: inside", "elsewhere", "random: inside", "elsewhere"];
  return [
    wrap(`the rise of the loss in nats if units are fixed at their means, for: ${name}`, columns),
    ...table([heads, ...rows], { right: [0, 1, 2, 3, 4], width: columns }),
    "",
  ].join("\n");
}

/** Characters on each side of a place. */
const CONTEXT = 30;

/** The contexts where a unit is highest and lowest. The character that was just read stands between bars. */
export function describePlaces(
  unit: string,
  { highest, lowest }: { highest: readonly UnitPlace[]; lowest: readonly UnitPlace[] },
  characters: readonly string[],
  columns?: number,
): string {
  const row = ({ position, activation }: UnitPlace) => [
    activation.toFixed(3),
    `${part(characters, position - CONTEXT, position)}|${part(characters, position, position + 1)}|` +
      part(characters, position + 1, position + 1 + CONTEXT),
  ];
  const lines = (places: readonly UnitPlace[]) => table(places.map(row), { right: [0], width: columns });
  return [`${unit} is highest at:`, ...lines(highest), `and lowest at:`, ...lines(lowest), ""].join("\n");
}

/** Characters on one line: a line end is shown as a sign. */
function part(characters: readonly string[], start: number, end: number): string {
  return visible(characters.slice(Math.max(0, start), end).join(""));
}

function visible(text: string): string {
  return printable(text.replaceAll("\n", "⏎").replaceAll("\t", "⇥"));
}

/** Activations from here on are strong, as a share of the largest one. */
const STRONG = 1 / 3;

/**
 * A text with the activation of a unit at each character, as a share of its largest size. With colours, the background is
 * blue above zero and yellow below. Without, a line of signs stands under each line: + above zero, - below, . between.
 */
export function describeUnit(
  unit: string,
  values: Float32Array,
  characters: readonly string[],
  { colour, columns = 80 }: { colour: ChalkInstance; columns: number | undefined },
): string {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const signs = Array.from(values, (value) => {
    if (Math.abs(value) < STRONG * largest) return ".";
    return value > 0 ? "+" : "-";
  });
  const legend = `${unit}: ${colour.level > 0 ? `${colour.bgBlue.white(" high ")} ${colour.bgYellow.black(" low ")}` : "+ high, - low"}, at ±${largest.toFixed(2)} at most`;
  const lines: string[] = [legend];
  let text = "";
  let marks = "";
  const flush = () => {
    lines.push(...(colour.level > 0 ? [text] : [text, marks]));
    text = "";
    marks = "";
  };
  let width = 0;
  characters.forEach((character, position) => {
    const shown = visible(character);
    const sign = signs[position];
    text += sign === "+" ? colour.bgBlue.white(shown) : sign === "-" ? colour.bgYellow.black(shown) : shown;
    marks += sign.repeat(Math.max(1, shown.length));
    width += shown.length;
    if (character !== "\n" && width < columns - 1) return;
    flush();
    width = 0;
  });
  if (text !== "") flush();
  return `${lines.join("\n")}\n`;
}

const MOST_UNITS = 6;

/** Each time step of a short text: what is read, the first hidden units, and the likeliest next symbols. */
export function describeSteps(steps: readonly ReadStep[], columns?: number): string {
  const rows = steps.map(({ input, hidden, next }) => [
    visible(input),
    hidden
      .slice(0, MOST_UNITS)
      .map((value) => value.toFixed(2).padStart(5))
      .join(" "),
    next.map(({ symbol, probability }) => `${visible(symbol)} ${probability.toFixed(2)}`).join("  "),
  ]);
  const first = Math.min(MOST_UNITS, steps[0]?.hidden.length ?? 0);
  return `${table([["x", `h (the first ${first} units)`, "next, with its probability"], ...rows], { width: columns }).join("\n")}\n`;
}
