/**
 * The longest stretches (sequences of characters) that are counted, in code points. Character-level classifiers usually
 * go to four or five.
 */
const LONGEST = 4;

/**
 * The number that is added to each count (Lidstone's rule). The usual default is 1 (Laplace's rule). But a text has
 * tens of thousands of different stretches, and adding 1 for each of them outweighs the counts of a small class. On 18
 * nationalities of names, 1 gives a macro F1 of 0.30, and 0.1 gives 0.50 and a better accuracy too.
 */
const ALPHA = 0.1;

/** Further new stretches are not counted. The counts of twenty classes then take at most 336 MB. */
const STRETCH_LIMIT = 2 ** 21;

/**
 * Marks for the beginning and the end of a text. They are no characters, so no text contains them. fastText uses < and
 * >.
 */
const BEGINNING = "\u{fdd0}";
const END = "\u{fdd1}";

/**
 * Multinomial naive Bayes over the stretches of a text: all sequences of one to four of its code points. A mark before
 * the first code point and a mark after the last count as code points too, but not alone:
 *
 *     log p(class | text) = log p(class) + sum over the stretches of log p(stretch | class) + constant
 *     p(class) = examples(class) / examples
 *     p(stretch | class) = (count(stretch, class) + 0.1) / (count(class) + 0.1 V)
 *
 * V is the number of different stretches in the training texts. Stretches that are not in the training texts are left
 * out of a prediction.
 */
export class NaiveBayes {
  readonly #classCount: number;
  readonly #stretches = new Map<string, number>();
  readonly #logPriors: Float64Array;
  /** log p(stretch | class) at [stretch * classes + class]. */
  readonly #logLikelihoods: Float64Array;

  /** `classes[i]` in [0, `classCount`) is the class of the i-th text. There is one text or more. */
  constructor(texts: Iterable<string>, classes: ArrayLike<number>, classCount: number) {
    this.#classCount = classCount;
    this.#logPriors = classFrequencies(classes, classCount).map((count) => Math.log(count / classes.length));
    this.#logLikelihoods = this.#count(texts, classes);
    this.#takeLogarithms();
  }

  /** The most probable class of a text. Of equally probable classes, the first is taken. */
  predict(text: string): number {
    const scores = this.#logPriors.slice();
    for (const stretch of stretchesOf(text)) {
      const index = this.#stretches.get(stretch);
      if (index === undefined) continue;
      for (let c = 0; c < scores.length; c++) {
        scores[c] += this.#logLikelihoods[index * this.#classCount + c];
      }
    }
    return indexOfLargest(scores);
  }

  #count(texts: Iterable<string>, classes: ArrayLike<number>): Float64Array {
    let counts = new Float64Array(1024 * this.#classCount);
    let example = 0;
    for (const text of texts) {
      for (const stretch of stretchesOf(text)) {
        const index = this.#indexOf(stretch);
        if (index === undefined) continue;
        const place = index * this.#classCount + classes[example];
        if (place >= counts.length) counts = doubled(counts);
        counts[place]++;
      }
      example++;
    }
    return counts.subarray(0, this.#stretches.size * this.#classCount);
  }

  #indexOf(stretch: string): number | undefined {
    const known = this.#stretches.get(stretch);
    const next = this.#stretches.size;
    if (known !== undefined || next === STRETCH_LIMIT) return known;
    this.#stretches.set(stretch, next);
    return next;
  }

  /** Turns the counts into the logarithms of the probabilities, in place. */
  #takeLogarithms(): void {
    const counts = this.#logLikelihoods;
    const totals = new Float64Array(this.#classCount).fill(ALPHA * this.#stretches.size);
    for (let i = 0; i < counts.length; i++) totals[i % this.#classCount] += counts[i];
    for (let i = 0; i < counts.length; i++) {
      counts[i] = Math.log((counts[i] + ALPHA) / totals[i % this.#classCount]);
    }
  }
}

/** The class that most examples have. Of equally common classes, the first is taken. */
export function commonestClass(classes: ArrayLike<number>, classCount: number): number {
  return indexOfLargest(classFrequencies(classes, classCount));
}

function classFrequencies(classes: ArrayLike<number>, classCount: number): Float64Array {
  const counts = new Float64Array(classCount);
  for (let i = 0; i < classes.length; i++) counts[classes[i]]++;
  return counts;
}

function* stretchesOf(text: string): Generator<string> {
  const characters = [BEGINNING].concat(Array.from(text), END);
  const last = characters.length - 1;
  for (let start = 0; start <= last; start++) {
    let stretch = "";
    for (let end = start; end <= last && end < start + LONGEST; end++) {
      stretch += characters[end];
      const isMark = start === end && (start === 0 || start === last);
      if (!isMark) yield stretch;
    }
  }
}

function indexOfLargest(numbers: Float64Array): number {
  let best = 0;
  for (let i = 1; i < numbers.length; i++) if (numbers[i] > numbers[best]) best = i;
  return best;
}

function doubled(numbers: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}
