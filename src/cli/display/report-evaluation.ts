import { type AnsweredExample, type AnsweredSplit } from "../../evaluation/answered-split.ts";
import { type AlignmentData, type EvaluationData, type ExampleData } from "../../pages/report-data.ts";
import { formatCount, formatShare } from "../terminal/format.ts";

/** The page shows at most so many right examples, and so many wrong ones. */
const MOST_EXAMPLES = 12;

/** What a page shows of a model's answers. */
export function evaluationData({ examples, confusion }: AnsweredSplit): EvaluationData {
  const isRight = ({ right, answer }: AnsweredExample) =>
    answer.every((told, index) => told === right[index]);
  const wrong = examples.filter((example) => !isRight(example));
  const surest = wrong.toSorted((a, b) => (b.probability ?? 0) - (a.probability ?? 0));
  const right = examples.filter(isRight);
  const share = `${formatShare(right.length / examples.length)} of ${formatCount(examples.length)} validation examples`;
  const mix = confusion === undefined ? "" : mixUpOf(confusion);
  return {
    title: `The model answers ${share} right${mix}`,
    ...(confusion !== undefined && { confusion }),
    wrong: surest.slice(0, MOST_EXAMPLES).map(exampleData),
    right: right.slice(0, MOST_EXAMPLES).map(exampleData),
    alignments: examples.flatMap(alignmentData),
  };
}

/** The classes that are mixed up most often. */
function mixUpOf({ labels, counts }: NonNullable<AnsweredSplit["confusion"]>): string {
  let worst = { count: 0, truth: "", told: "" };
  counts.forEach((row, truth) => {
    row.forEach((count, told) => {
      if (truth !== told && count > worst.count) worst = { count, truth: labels[truth], told: labels[told] };
    });
  });
  const times = worst.count === 1 ? "once" : `${formatCount(worst.count)} times`;
  return worst.count === 0 ? "" : `, and takes ${worst.truth} for ${worst.told} ${times}`;
}

function exampleData({ input, right, answer, probability }: AnsweredExample): ExampleData {
  const isText = input.every((step) => Array.from(step).length === 1);
  return {
    input: input.join(isText ? "" : " "),
    right: right.join(" "),
    answer: answer.join(" "),
    probability: probability ?? null,
  };
}

function alignmentData({ input, answer, alignment }: AnsweredExample): AlignmentData[] {
  if (alignment === undefined) return [];
  const [told] = answer;
  // The weights have a row for each symbol of the output and one for its end. Tokens are separated by spaces.
  const symbols = Array.from(told).length + 1 === alignment.length ? Array.from(told) : told.split(" ");
  return [
    {
      input,
      output: [...symbols, "end"],
      weights: alignment.map((row) => row.map((weight) => Number(weight.toFixed(3)))),
    },
  ];
}
