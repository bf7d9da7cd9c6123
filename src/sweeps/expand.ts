import { type Document, type DocumentPath } from "../document.ts";
import { messageOf, UsageError } from "../errors.ts";
import { Random } from "../random.ts";
import { completeOptions, parseOptions } from "../training/option-checks.ts";
import { optionNameOf, type OptionName } from "../training/options.ts";
import { draw } from "./distributions.ts";
import { parseBudget } from "./match-parameters.ts";
import { PARAMETERS, type Setting, type Spec } from "./spec.ts";

/** More runs are taken for a typing error. */
export const MOST_RUNS = 10_000;

/** The seed of the draws. Draw k has stream k, so more draws keep the draws before them. */
const SEED_OF_DRAWS = 1;

/** The settings of one run by name, each with its place in the spec. */
export type Draft = ReadonlyMap<string, Setting>;

/**
 * The runs of a sweep: each point of the grid with each item of the list, each draw and each seed. The rules then set
 * options of the runs that they fit. Of runs with equal options only the first stays. The order is that of the spec:
 * the seeds change first, the first option of the grid last.
 * @throws UsageError if there are too many runs, or a drawn value is none that the option takes
 */
export function expand(spec: Spec, document: Document): Draft[] {
  const seeds = spec.seeds?.map((seed): Setting => ({ name: "seed", value: seed, path: ["seeds"] }));
  const factors: (readonly (readonly Setting[])[])[] = [
    ...spec.grid.map(({ value }) => value.map((setting) => [setting])),
    spec.list.length > 0 ? spec.list : [[]],
    Array.from({ length: spec.draws }, (_, index) => drawn(spec, index, document)),
    seeds?.map((seed) => [seed]) ?? [[]],
  ];
  const count = factors.reduce((product, { length }) => product * length, 1);
  if (count > MOST_RUNS) {
    throw document.errorAt(["grid"], `the sweep has ${count} runs, more than ${MOST_RUNS}: make it smaller`);
  }
  const points = factors.reduce<Setting[][]>(
    (points, factor) => points.flatMap((point) => factor.map((settings) => [...point, ...settings])),
    [[...spec.options]],
  );
  const drafts = points.map((settings) =>
    ruled(new Map(settings.map((setting) => [setting.name, setting])), spec),
  );
  return withoutRepeats(drafts);
}

function drawn({ random }: Spec, index: number, document: Document): Setting[] {
  const generator = Random.of(SEED_OF_DRAWS, index);
  return random.map(({ name, value: distribution, path }) => {
    const value = draw(distribution, generator);
    try {
      if (name === PARAMETERS) return { name, value: parseBudget(value), path };
      const parsed = parseOptions({ [name]: value })[name as OptionName];
      if (parsed === undefined) throw new UsageError(`${name} has no value`);
      return { name, value: parsed, path };
    } catch (thrown) {
      throw document.errorAt(path, messageOf(thrown));
    }
  });
}

/** A draft after the rules. Each rule sees the options that the rules before it have set, and the defaults. */
function ruled(draft: Map<string, Setting>, { when }: Spec): Draft {
  for (const { conditions, set } of when) {
    const fits = conditions.every(({ name, value: values }) => values.includes(valueIn(draft, name)));
    if (fits) for (const setting of set) draft.set(setting.name, setting);
  }
  return draft;
}

const defaults: Readonly<Record<string, unknown>> = completeOptions({});

function valueIn(draft: Draft, name: string): unknown {
  return draft.get(name)?.value ?? defaults[name];
}

function withoutRepeats(drafts: readonly Draft[]): Draft[] {
  const known = new Map<string, Draft>();
  for (const draft of drafts) {
    const entries = [...draft.values()].map(({ name, value }) => [name, value] as const);
    const key = JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    if (!known.has(key)) known.set(key, draft);
  }
  return [...known.values()];
}

/**
 * The place in the spec that an error of a run is about: that of the first option whose flag the message names, or
 * else that of the options.
 */
export function placeOf(message: string, draft: Draft): DocumentPath {
  const flags = message.match(/--[a-z][a-z0-9-]*/g) ?? [];
  for (const flag of flags) {
    const setting = draft.get(optionNameOf(flag.replace(/^--(no-)?/, "")));
    if (setting !== undefined) return setting.path;
  }
  return ["options"];
}
