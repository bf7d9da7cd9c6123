import { type Growth } from "../../model/growth.ts";
import { type SplitName } from "../../text/splits.ts";
import { type Score, type TaskOptions } from "../task.ts";
import { blindLoss, lossOf } from "./answers.ts";
import { isTagged, membersOf, networkSizes, type Encoder, type Examples } from "./encoder.ts";
import { type ExampleSplits } from "./example-splits.ts";
import { type ExampleModel } from "./example-training-data.ts";
import { measure, type Measured } from "./measure.ts";
import { previewOf } from "./preview.ts";

/** The model of a task that answers for examples, with classes or numbers. */
export function answeringModel(
  splits: ExampleSplits,
  examples: Readonly<Record<SplitName, Examples>>,
  encoder: Encoder,
  { classWeights }: Pick<TaskOptions, "classWeights">,
  growth: Growth | undefined,
): ExampleModel {
  const { train, val, test } = examples;
  const { answers } = encoder;
  return {
    network: networkSizes(encoder),
    growth,
    members: membersOf(encoder),
    loss: {
      ...lossOf(answers),
      isTagged: isTagged(encoder),
      classWeights: classWeights === "balanced" ? balancedWeights(train, encoder) : undefined,
    },
    uniformLoss: blindLoss(answers),
    sizes: {
      unknown: unknownIn(train, encoder) + unknownIn(val, encoder) + unknownIn(test, encoder),
      ...("labels" in answers && { classes: answers.labels.length }),
    },
    preview: previewOf(splits.val.length > 0 ? splits.val : splits.train, encoder),
    score: async (scorer, engine, scored, progress) =>
      metricsOf(measure(await scorer.score(engine, scored, progress), scored, encoder)),
  };
}

/** The numbers among the scores: the metrics of a validation. */
function metricsOf(measured: Measured): Score {
  if ("rmse" in measured) return { ...measured };
  const { loss, accuracy, tokenAccuracy, macroF1 } = measured;
  return { loss, accuracy, ...(tokenAccuracy !== undefined && { tokenAccuracy }), macroF1 };
}

/** n / (classes * answers of the class), as in scikit-learn: the answers of every class weigh the same in sum. */
function balancedWeights({ targets }: Examples, { answers }: Encoder): number[] | undefined {
  if (!("labels" in answers)) return undefined;
  const counts = answers.labels.map(() => 0);
  // A step without a tag has the target -1.
  for (const target of targets) if (target >= 0) counts[target] += 1;
  const count = counts.reduce((sum, own) => sum + own, 0);
  return counts.map((own) => (own === 0 ? 0 : count / (counts.length * own)));
}

/** How many steps are the unknown symbol. */
function unknownIn({ steps }: Examples, { inputs }: Encoder): number {
  if ("scales" in inputs || inputs.vocabulary.unknown === undefined) return 0;
  let count = 0;
  for (const symbol of steps) count += Number(symbol === inputs.vocabulary.unknown);
  return count;
}
