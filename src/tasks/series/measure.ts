import { type Engine } from "../../engine/engine.ts";
import { type NumberScores } from "../class-scores.ts";
import { numbersOfOutputs, type SeriesCode } from "./code.ts";
import { ErrorSums, type SeriesScores } from "./error-sums.ts";
import { type SeriesScorer, type SeriesScorerProgram } from "./series-scorer.ts";

/** The scores of a model on rows of series, and those of two baselines on the same rows. */
export interface MeasuredSeries extends SeriesScores {
  /** The rows that were predicted. */
  readonly rows: number;
  /** The mean of the squared errors of the standardised numbers. */
  readonly loss: number;
  readonly baselines: {
    /** Always the row before. */
    readonly last: NumberScores;
    /** Always the mean of the training split. */
    readonly mean: NumberScores;
  };
}

/** Scores a model and two baselines: always the row before, and always the mean. */
export async function measureSeries(
  scorer: SeriesScorer,
  engine: Engine<SeriesScorerProgram>,
  { columns, scales }: SeriesCode,
  progress?: (done: number, total: number) => void,
): Promise<MeasuredSeries> {
  const { length } = scales;
  const means = scales.map(({ mean }) => mean);
  const [model, last, mean] = [0, 1, 2].map(() => new ErrorSums(columns.input));
  const score = await scorer.score(
    engine,
    ({ numbers }, row, outputs) => {
      const truth = numbers.subarray(row * length, (row + 1) * length);
      model.add(truth, numbersOfOutputs(outputs, scales));
      last.add(truth, numbers.subarray((row - 1) * length, row * length));
      mean.add(truth, means);
    },
    progress,
  );
  return { ...score, ...model.scores, baselines: { last: pairOf(last), mean: pairOf(mean) } };
}

function pairOf({ scores: { rmse, mae } }: ErrorSums): NumberScores {
  return { rmse, mae };
}
