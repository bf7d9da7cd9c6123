import { Random } from "../../random.ts";
import { type SplitName } from "../../text/splits.ts";
import { shuffled } from "./batches.ts";
import { type TableExample } from "./table-examples.ts";

/** The examples of each split. */
export type ExampleSplits<Example = TableExample> = Readonly<Record<SplitName, readonly Example[]>>;

/** An example that may belong to a group. */
export interface Grouped {
  readonly group?: string | undefined;
}

/** The random stream that shuffles examples before the split. Epoch n (from 1) shuffles with stream n. */
const SPLIT_STREAM = 0;

/** How examples are split. */
export interface SplitOptions {
  readonly seed: number;
  readonly valFrac: number;
  readonly testFrac: number;
}

/**
 * Splits examples as `splitGroups` does. Examples with the same group stay together. So a split may be larger than its
 * fraction, by part of a group.
 */
export function splitExamples<Example extends Grouped>(
  examples: readonly Example[],
  options: SplitOptions,
): ExampleSplits<Example> {
  const groups = new Map<string | number, Example[]>();
  examples.forEach((example, index) => {
    const key = example.group ?? index;
    const members = groups.get(key);
    if (members) members.push(example);
    else groups.set(key, [example]);
  });
  const members = [...groups.values()];
  const { train, val, test } = splitGroups(
    Uint32Array.from(members, ({ length }) => length),
    options,
  );
  const membersOf = (numbers: readonly number[]) => numbers.flatMap((number) => members[number]);
  return { train: membersOf(train), val: membersOf(val), test: membersOf(test) };
}

/**
 * Shuffles groups of examples by the seed, and cuts them: floor(n * valFrac) of the n examples to validate and
 * floor(n * testFrac) to test. `sizes`: how many examples each group has. A split lists its groups by their numbers.
 */
export function splitGroups(
  sizes: Uint8Array | Uint32Array,
  { seed, valFrac, testFrac }: SplitOptions,
): Record<SplitName, number[]> {
  let total = 0;
  for (const size of sizes) total += size;
  const left = { test: Math.floor(total * testFrac), val: Math.floor(total * valFrac), train: Infinity };
  const splits: Record<SplitName, number[]> = { train: [], val: [], test: [] };
  const numbers = Array.from(sizes, (_, number) => number);
  for (const number of shuffled(numbers, Random.of(seed, SPLIT_STREAM))) {
    const name = left.test > 0 ? "test" : left.val > 0 ? "val" : "train";
    left[name] -= sizes[number];
    splits[name].push(number);
  }
  return splits;
}

/**
 * Counts repeated examples. `within`: how many examples repeat an earlier example of their split. `across`: how many
 * examples of the other splits have an input that the training split has too.
 */
export function repeatsIn(splits: ExampleSplits): { within: number; across: number } {
  const input = ({ steps }: TableExample) => JSON.stringify(steps);
  const whole = (example: TableExample) => `${input(example)}\t${example.targets.join(" ")}`;
  const within = Object.values(splits).reduce(
    (sum, examples) => sum + examples.length - new Set(examples.map(whole)).size,
    0,
  );
  const trained = new Set(splits.train.map(input));
  const across = [...splits.val, ...splits.test].filter((example) => trained.has(input(example))).length;
  return { within, across };
}

/** A line about repeated examples, if there are any. */
export function noteOnRepeats(splits: ExampleSplits): string[] {
  const { within, across } = repeatsIn(splits);
  if (within + across === 0) return [];
  return [
    `repeated examples: ${within} within a split, and ${across} of validation or test whose input is also in the training split`,
  ];
}
