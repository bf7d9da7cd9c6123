import { type Document } from "../document.ts";
import { messageOf, UsageError } from "../errors.ts";
import { LANGUAGE_MODEL } from "../tasks/index.ts";
import { isTemplate } from "../training/run-name.ts";
import { type TrainOptions } from "../training/options.ts";
import { checkRequest, planRun, readData, type Prepared, type TrainControl } from "../training/prepare.ts";
import { SharedData } from "../training/shared-data.ts";
import { expand, placeOf, type Draft } from "./expand.ts";
import { hiddenFor, parameterCount } from "./match-parameters.ts";
import { runNames, type NamedValues } from "./run-names.ts";
import { PARAMETERS, readSpec, type Halving, type Spec } from "./spec.ts";
import { type SweepRun } from "./sweep-folder.ts";

/** A run of a planned sweep, ready to start. */
export interface PlannedRun extends SweepRun {
  readonly prepared: Prepared;
}

/** A sweep whose runs have all been checked, and whose data has been read. */
export interface PlannedSweep {
  readonly name: string | undefined;
  readonly corpus: readonly string[];
  readonly runs: readonly PlannedRun[];
  readonly halving: Halving | undefined;
}

/**
 * Reads a spec and checks every run of the sweep, as `train` does: its options and its data. Nothing is written, except
 * that missing kernels for this CPU are compiled.
 * @throws UsageError that names the place in the spec if a run cannot start
 */
export async function planSweep(
  document: Document,
  out: string,
  control: Pick<TrainControl, "note" | "progress" | "signal"> = {},
): Promise<PlannedSweep> {
  const spec = readSpec(document);
  const { name, corpus, halving } = spec;
  if (corpus.length === 0)
    throw document.errorAt([], "a sweep needs a corpus: name a text, as in corpus: tales.txt");
  if (corpus.includes("-")) {
    throw document.errorAt(
      ["corpus"],
      "a sweep cannot read standard input, which only one run could read: name a file",
    );
  }
  const drafts = expand(spec, document);
  const planner = new RunPlanner(spec, document, { ...control, shared: new SharedData() });
  const planned = [];
  for (const draft of drafts) planned.push(await planner.plan(draft, out));
  if (halving !== undefined) requireValidation(planned, document);
  return { name, corpus, halving, runs: named(planned, spec, document) };
}

/** A run without its name. */
interface Unnamed {
  readonly options: Partial<TrainOptions>;
  readonly settings: NamedValues;
  readonly parameters: number;
  readonly prepared: Prepared;
}

/** Plans one run after another. Runs that differ only in their seed are checked once. */
class RunPlanner {
  readonly #spec: Spec;
  readonly #document: Document;
  readonly #control: TrainControl;
  readonly #known = new Map<string, Prepared>();
  /** Notes that have been given, because all runs would repeat them. */
  readonly #noted = new Set<string>();

  constructor(spec: Spec, document: Document, control: TrainControl) {
    this.#spec = spec;
    this.#document = document;
    this.#control = {
      ...control,
      note: (line) => {
        if (!this.#noted.has(line)) control.note?.(line);
        this.#noted.add(line);
      },
    };
  }

  async plan(draft: Draft, out: string): Promise<Unnamed> {
    const settings: NamedValues = Object.fromEntries([...draft].map(([name, { value }]) => [name, value]));
    const budget = settings[PARAMETERS];
    const options: Partial<TrainOptions> = without(settings, [PARAMETERS, "name"]);
    try {
      let prepared = await this.#prepare(options, out);
      if (budget !== undefined) {
        options.hidden = hiddenFor(budget, prepared.model, prepared.data.network);
        prepared = await this.#prepare(options, out);
      }
      const parameters = parameterCount(prepared.model, prepared.data.network);
      return { options, settings: { ...settings, hidden: prepared.model.hidden }, parameters, prepared };
    } catch (thrown) {
      this.#control.signal?.throwIfAborted();
      throw this.#located(messageOf(thrown), draft);
    }
  }

  #located(message: string, draft: Draft): UsageError {
    const isOfCorpus = this.#spec.corpus.some((path) => message.includes(path));
    return this.#document.errorAt(isOfCorpus ? ["corpus"] : placeOf(message, draft), message);
  }

  async #prepare(options: Partial<TrainOptions>, out: string): Promise<Prepared> {
    // The splits of a long text do not depend on the seed.
    const isText = (options.task ?? LANGUAGE_MODEL) === LANGUAGE_MODEL;
    const key = JSON.stringify({ ...options, ...(isText && { seed: 0 }) });
    const known = this.#known.get(key);
    if (known !== undefined) return { ...known, options: { ...known.options, ...options } };
    const { corpus } = this.#spec;
    const request = await checkRequest(corpus, { ...options, out }, this.#control);
    const prepared = await planRun(request, await readData(corpus, request, this.#control), this.#control);
    this.#known.set(key, prepared);
    return prepared;
  }
}

function requireValidation(runs: readonly Unnamed[], document: Document): void {
  const lack = runs.find(({ prepared }) => prepared.data.validationLacks !== undefined);
  if (lack === undefined) return;
  throw document.errorAt(
    ["halving"],
    `halving needs a validation loss, and ${lack.prepared.data.validationLacks ?? "there is none"}`,
  );
}

function without(values: NamedValues, names: readonly string[]): NamedValues {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
}

/** Gives the runs their names. */
function named(
  runs: readonly Unnamed[],
  { options, grid, list, random, corpus }: Spec,
  document: Document,
): PlannedRun[] {
  const template = options.find(({ name }) => name === "name");
  if (template !== undefined && runs.length > 1 && !isTemplate(String(template.value))) {
    throw document.errorAt(
      template.path,
      `all ${runs.length} runs would be named ${String(template.value)}: write a template, such as {cell}-{hidden}-s{seed}`,
    );
  }
  const values = runs.map(({ settings, prepared }): NamedValues => {
    const own = without(settings, ["name"]);
    return template === undefined ? own : { ...prepared.options, ...own };
  });
  try {
    const axes = [...new Set([...grid, ...list.flat(), ...random].map(({ name }) => name)), "seed"];
    const names = runNames(values, template && String(template.value), { axes, corpus });
    return runs.map(({ options, parameters, prepared }, index) => ({
      name: names[index],
      options,
      parameters,
      prepared,
    }));
  } catch (thrown) {
    throw document.errorAt(template?.path ?? [], messageOf(thrown));
  }
}
