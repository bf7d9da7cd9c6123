import { LANGUAGE_MODEL, loadTask, type TaskName } from "../tasks/index.ts";
import { type Metric } from "../tasks/task.ts";
import { type ComparedRun } from "./compared-runs.ts";
import { bySetting, isOfSetting } from "./settings.ts";
import { momentsOf, welch, type Moments, type WelchTest } from "./statistics.ts";

/** Runs of one setting, which differ in their seeds. */
export interface RunGroup {
  /** The options in which the compared runs differ. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly runs: readonly string[];
  /** The deciding metric of the best validation, and its loss in nats; null if no run has been validated. */
  readonly best: Moments | null;
  readonly loss: Moments | null;
  /** The same metric on the test split, and the loss; null if no run has been tested. */
  readonly test: Moments | null;
  readonly testLoss: Moments | null;
  readonly parameters: number | null;
  readonly seconds: Moments | null;
  readonly charactersPerSecond: Moments | null;
  /** Welch's test against the best group, on the values of `best`; null if one of both has fewer than two runs. */
  readonly versusBest: WelchTest | null;
}

/** Runs beside each other, the best first, and their settings, the best first. */
export interface Comparison {
  readonly metric: Metric;
  /** The loss in another unit, such as bits per character, if the task of all runs has one. */
  readonly inBits: Metric | null;
  /** The names of the options in which the runs differ, without the seed. */
  readonly differing: readonly string[];
  readonly runs: readonly ComparedRun[];
  readonly groups: readonly RunGroup[];
}

/**
 * Compares runs by the metric that decides about their best checkpoints. If they have different metrics, all are
 * compared by their loss.
 */
export async function compare(runs: readonly ComparedRun[]): Promise<Comparison> {
  const { metric, inBits } = await sharedMetrics(runs);
  const valueOf = ({ best }: ComparedRun) => (metric.name === "loss" ? best?.loss : best?.value);
  const sorted = sortedBy(runs, valueOf, metric);
  const differing = differingOptions(runs);
  const groups = [...bySetting(runs).values()].map((members): Omit<RunGroup, "versusBest"> => {
    const moments = (of: (run: ComparedRun) => number | null | undefined) =>
      momentsOf(members.flatMap((run) => of(run) ?? [])) ?? null;
    return {
      options: Object.fromEntries(differing.map((name) => [name, members[0].options[name]])),
      runs: members.map(({ name }) => name),
      best: moments(valueOf),
      loss: moments(({ best }) => best?.loss),
      test: moments(({ test }) => test?.[metric.name]),
      testLoss: moments(({ test }) => test?.loss),
      parameters: members[0].parameters,
      seconds: moments(({ seconds }) => seconds),
      charactersPerSecond: moments(({ charactersPerSecond }) => charactersPerSecond),
    };
  });
  const ranked = sortedBy(groups, ({ best }) => best?.mean, metric);
  const winner = ranked.at(0)?.best ?? null;
  return {
    metric,
    inBits,
    differing,
    runs: sorted,
    groups: ranked.map((group, index) => {
      const test = index > 0 && winner && group.best ? welch(group.best, winner) : undefined;
      return { ...group, versusBest: test ?? null };
    }),
  };
}

const lossOnly: Metric = {
  name: "loss",
  unit: "nats",
  shortUnit: "nats",
  better: "lower",
  decimals: 4,
};

/** The metric that decides in all of the runs, or else the loss; and the unit of the loss that they share. */
async function sharedMetrics(
  runs: readonly ComparedRun[],
): Promise<{ metric: Metric; inBits: Metric | null }> {
  const [first] = runs.filter(({ best }) => best !== null);
  const kinds = new Set(runs.map(({ options }) => `${String(options.task)} ${String(options.unit)}`));
  if (runs.length === 0 || kinds.size > 1) return { metric: lossOnly, inBits: null };
  const { options } = runs[0];
  const { metrics } = await loadTask((options.task ?? LANGUAGE_MODEL) as TaskName);
  const known = metrics(options);
  const deciding = new Set(runs.flatMap(({ best }) => best?.metric ?? []));
  const metric = known.find(({ name }) => deciding.size === 1 && name === first.best?.metric);
  return { metric: metric ?? lossOnly, inBits: known.find(({ ofLoss }) => ofLoss !== undefined) ?? null };
}

/** Sorted by a value, the best first. Those without a value come last. */
function sortedBy<Item>(
  items: readonly Item[],
  valueOf: (item: Item) => number | undefined,
  { better }: Metric,
): Item[] {
  const sign = better === "lower" ? 1 : -1;
  const rank = (item: Item) => {
    const value = valueOf(item);
    return value === undefined || Number.isNaN(value) ? Infinity : sign * value;
  };
  return [...items].sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
}

/** The options that are not the same in all runs, in the order of options.json. */
function differingOptions(runs: readonly ComparedRun[]): string[] {
  const names = new Set(runs.flatMap(({ options }) => Object.keys(options)));
  const text = (value: unknown) => JSON.stringify(value ?? null);
  return [...names].filter(
    (name) =>
      isOfSetting(name) && runs.some(({ options }) => text(options[name]) !== text(runs[0].options[name])),
  );
}
