import { Random } from "../../random.ts";
import { type SplitName } from "../../text/splits.ts";
import { shuffled } from "./batches.ts";
import { type TableExample } from "./table-examples.ts";

/** The examples of each split. */
export type ExampleSplits = Readonly<Record<SplitName, readonly TableExample[]>>;

/** The stream of a seed that shuffles before the split. Epochs, from 1, have the streams of their numbers. */
const SPLIT_STREAM = 0;

/**
 * Shuffles examples by the seed, and cuts them: floor(n * valFrac) to validate and floor(n * testFrac) to test.
 * Examples with the same group stay together. Then a split may be larger than its fraction, by part of a group.
 */
export function splitExamples(
  examples: readonly TableExample[],
  { seed, valFrac, testFrac }: { readonly seed: number; readonly valFrac: number; readonly testFrac: number },
): ExampleSplits {
  const groups = new Map<string | number, TableExample[]>();
  examples.forEach((example, index) => {
    const key = example.group ?? index;
    const members = groups.get(key);
    if (members) members.push(example);
    else groups.set(key, [example]);
  });
  const wanted = {
    test: Math.floor(examples.length * testFrac),
    val: Math.floor(examples.length * valFrac),
  };
  const splits = { train: [] as TableExample[], val: [] as TableExample[], test: [] as TableExample[] };
  for (const members of shuffled([...groups.values()], Random.of(seed, SPLIT_STREAM))) {
    const name = splits.test.length < wanted.test ? "test" : splits.val.length < wanted.val ? "val" : "train";
    for (const member of members) splits[name].push(member);
  }
  return splits;
}

/** How many examples of each split were there before, and how many inputs of the others the training split has too. */
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
