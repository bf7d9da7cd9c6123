import { type ExampleData, type RunData } from "../../report-data.ts";
import { element } from "../parts/element.ts";
import { section } from "../parts/frame.ts";
import { heatTable } from "../parts/heat-table.ts";
import { table } from "../parts/table.ts";

/** How a model answers for its validation split: the confusion of classes, examples, and attention. */
export function evaluationSection({ name, evaluation }: RunData, isAlone: boolean): Node[] {
  if (evaluation === undefined) return [];
  const { title, confusion, wrong, right, alignments } = evaluation;
  const examples = (heading: string, rows: readonly ExampleData[]) =>
    rows.length === 0
      ? []
      : [
          element(
            "div",
            {},
            element("h3", {}, heading),
            table(
              ["input", "answer", "right answer", "probability"],
              rows.map(({ input, answer, right, probability }) => [
                input,
                answer,
                right,
                probability === null ? "" : Number(probability.toFixed(3)),
              ]),
            ),
          ),
        ];
  return [
    section(
      isAlone ? title : `${name}: ${title}`,
      ...(confusion === undefined
        ? []
        : [
            heatTable("truth \\ answer", confusion.labels, confusion.labels, confusion.counts, (count) =>
              count === 0 ? "·" : String(count),
            ),
          ]),
      element(
        "div",
        { class: "side-by-side" },
        ...examples("Wrong, the surest first", wrong),
        ...examples("Right", right),
      ),
      ...alignments.flatMap(({ input, output, weights }) => [
        element("h3", {}, `Attention, from ${input.join("")}`),
        heatTable("output \\ input", input, output, weights, (weight) =>
          weight < 0.005 ? "" : weight.toFixed(2).replace(/^0/, ""),
        ),
      ]),
    ),
  ];
}
