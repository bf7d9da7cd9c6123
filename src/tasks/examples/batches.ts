import { Random } from "../../random.ts";

/**
 * The programs of a network are written once for each length, so there are few lengths. With 16 lengths, padding makes
 * the sentences of English EWT (as characters, in batches of 50) 1.13 times as long; with 12 lengths, 1.17 times.
 */
const MOST_LENGTHS = 16;

/**
 * The lengths that examples are padded to: at most `most`, chosen so that the least is padded. `counts` [l] says how
 * many examples have l steps. The last length is the length of the longest example.
 */
export function paddedLengths(counts: ArrayLike<number>, most = MOST_LENGTHS): number[] {
  const lengths = Array.from(counts, (_, length) => length).filter((length) => counts[length] > 0);
  const n = lengths.length;
  const upTo = [0];
  for (const length of lengths) upTo.push(upTo[upTo.length - 1] + counts[length]);
  // least[j]: the fewest steps, padding counted, of the examples of the first j lengths, with the groups so far.
  let least = Array.from({ length: n + 1 }, (_, j) => (j === 0 ? 0 : Infinity));
  const begins: number[][] = [];
  for (let group = 0; group < Math.min(most, n); group++) {
    const begin: number[] = new Array<number>(n + 1).fill(0);
    const next = least.map((_, j) => {
      let fewest = j === 0 ? 0 : Infinity;
      for (let i = 0; i < j; i++) {
        const steps = least[i] + (upTo[j] - upTo[i]) * lengths[j - 1];
        if (steps < fewest) [fewest, begin[j]] = [steps, i];
      }
      return fewest;
    });
    begins.push(begin);
    least = next;
  }
  const chosen: number[] = [];
  for (let j = n, group = begins.length - 1; j > 0; j = begins[group--][j]) chosen.unshift(lengths[j - 1]);
  return chosen;
}

/**
 * Each padded length is at most this many times the length before it, so at most a fifth of a long example is padding.
 */
const GROWTH = 1.25;

/** Lengths from 1 to at least `steps`, each a little longer than the length before. */
export function lengthsUpTo(steps: number): number[] {
  const lengths = [1];
  for (let length = 1; length < steps;) lengths.push((length = Math.ceil(length * GROWTH)));
  return lengths;
}

/** How many steps an example has, by its index. */
export type LengthOf = (example: number) => number;

/**
 * Cuts examples into batches of at most `batchSize`, of equal padded lengths as far as possible, so that little is
 * padded. Examples of one padded length keep their order.
 */
export function batchesOf(
  examples: Iterable<number>,
  batchSize: number,
  lengths: readonly number[],
  lengthOf: LengthOf,
): Int32Array[] {
  const groups = new Map<number, number[]>(lengths.map((length) => [length, []]));
  for (const example of examples) groups.get(paddedLength(lengthOf(example), lengths))?.push(example);
  const sorted = Int32Array.from([...groups.values()].flat());
  return Array.from({ length: Math.ceil(sorted.length / batchSize) }, (_, index) =>
    sorted.subarray(index * batchSize, (index + 1) * batchSize),
  );
}

/** The shortest of the padded lengths that holds this length. */
export function paddedLength(length: number, lengths: readonly number[]): number {
  const padded = lengths.find((candidate) => candidate >= length);
  if (padded === undefined) throw new Error(`no padded length holds ${length} steps`);
  return padded;
}

/**
 * The batches of an epoch, in random order. The order depends only on the seed and the epoch, so a resumed run has the
 * same batches.
 */
export function epochBatches(
  count: number,
  batchSize: number,
  lengths: readonly number[],
  lengthOf: LengthOf,
  { seed, epoch }: { readonly seed: number; readonly epoch: number },
): Int32Array[] {
  const random = Random.of(seed, epoch);
  const examples = shuffled(
    Array.from({ length: count }, (_, index) => index),
    random,
  );
  return shuffled(batchesOf(examples, batchSize, lengths, lengthOf), random);
}

/** The same items in random order: the method of Fisher and Yates, as Durstenfeld wrote it (1964). */
export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}
