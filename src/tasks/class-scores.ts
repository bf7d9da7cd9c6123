/** How well one class is recognized. `support` is the number of examples that are of the class in truth. */
export interface ClassScore {
  readonly label: string;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly support: number;
}

/**
 * The examples whose predicted class has a probability in [from, to), and in the last bin also 1. `confidence` is the
 * mean of these probabilities, `accuracy` the share of right predictions. Both numbers are null in an empty bin. They
 * are equal if the model is well calibrated.
 */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly examples: number;
  readonly confidence: number | null;
  readonly accuracy: number | null;
}

/** The metrics of a classifier. `macroF1` is defined as in scikit-learn: see `scoreClasses`. */
export interface ClassScores {
  readonly accuracy: number;
  readonly macroF1: number;
  /** In the order of the labels. */
  readonly perClass: readonly ClassScore[];
  /** Numbers of examples, as `confusion[truth][predicted]`. */
  readonly confusion: readonly (readonly number[])[];
  /** Ten bins of equal width: [0, 0.1), [0.1, 0.2), ..., [0.9, 1]. */
  readonly calibration: readonly CalibrationBin[];
}

const BINS = 10;

/**
 * The metrics of the predictions for one or more examples. `truth` and `predicted` are indices of `labels`, and
 * `confidence` is the probability of the predicted class.
 *
 * Precision is the share of the predictions of a class that are right, recall the share of its examples that are found,
 * and F1 their harmonic mean, 2 right / (predictions + support). Each score is 0 if its formula would divide by zero.
 * Macro F1 is the mean over the classes that occur in the truth or in the predictions. These are the conventions of
 * scikit-learn's `f1_score` with `zero_division=0`.
 */
export function scoreClasses(
  labels: readonly string[],
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  confidence: ArrayLike<number>,
): ClassScores {
  const confusion = labels.map(() => labels.map(() => 0));
  for (let i = 0; i < truth.length; i++) confusion[truth[i]][predicted[i]]++;

  const predictions = labels.map((_, c) => sum(confusion.map((row) => row[c])));
  const perClass = labels.map((label, c) => {
    const right = confusion[c][c];
    const support = sum(confusion[c]);
    return {
      label,
      precision: ratio(right, predictions[c]),
      recall: ratio(right, support),
      f1: ratio(2 * right, predictions[c] + support),
      support,
    };
  });
  const occurring = perClass.filter(({ support }, c) => support + predictions[c] > 0);

  return {
    accuracy: sum(confusion.map((row, c) => row[c])) / truth.length,
    macroF1: sum(occurring.map(({ f1 }) => f1)) / occurring.length,
    perClass,
    confusion,
    calibration: calibrationOf(truth, predicted, confidence),
  };
}

export interface NumberScores {
  /** The root of the mean squared error. */
  readonly rmse: number;
  /** The mean absolute error. */
  readonly mae: number;
}

/** The errors of predicted numbers for one or more examples, in the unit of the numbers. */
export function scoreNumbers(truth: ArrayLike<number>, predicted: ArrayLike<number>): NumberScores {
  let squares = 0;
  let absolutes = 0;
  for (let i = 0; i < truth.length; i++) {
    const error = predicted[i] - truth[i];
    squares += error * error;
    absolutes += Math.abs(error);
  }
  return { rmse: Math.sqrt(squares / truth.length), mae: absolutes / truth.length };
}

function calibrationOf(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  confidence: ArrayLike<number>,
): CalibrationBin[] {
  const bins = Array.from({ length: BINS }, () => ({ examples: 0, confidence: 0, right: 0 }));
  for (let i = 0; i < truth.length; i++) {
    const bin = bins[binOf(confidence[i])];
    bin.examples++;
    bin.confidence += confidence[i];
    if (truth[i] === predicted[i]) bin.right++;
  }
  return bins.map(({ examples, confidence, right }, b) => ({
    from: b / BINS,
    to: (b + 1) / BINS,
    examples,
    confidence: examples === 0 ? null : confidence / examples,
    accuracy: examples === 0 ? null : right / examples,
  }));
}

/**
 * Compares with the edges themselves, because 10 * confidence would round some numbers just below an edge up to the
 * edge.
 */
function binOf(confidence: number): number {
  let bin = BINS - 1;
  while (bin > 0 && confidence < bin / BINS) bin--;
  return bin;
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
