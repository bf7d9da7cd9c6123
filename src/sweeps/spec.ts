import { parsePaths } from "../arguments.ts";
import { type Document, type DocumentPath } from "../document.ts";
import { messageOf, UsageError } from "../errors.ts";
import { optionDefinitions, optionNameOf, type OptionName } from "../training/options.ts";
import { parseOptions } from "../training/option-checks.ts";
import { distributionKinds, type Distribution } from "./distributions.ts";
import { parseBudget } from "./match-parameters.ts";
import { parseValues } from "./ranges.ts";

/** The value of an option, or of `parameters`. */
export type Value = string | number | boolean | readonly string[];

/** An option of a sweep, and the place of its value in the spec. `parameters` is the one that runs do not have. */
export interface Setting<Held = Value> {
  readonly name: string;
  readonly value: Held;
  readonly path: DocumentPath;
}

/** Options that are set in every run for which all conditions hold. */
export interface Rule {
  readonly conditions: readonly Setting<readonly unknown[]>[];
  readonly set: readonly Setting[];
}

/** Synchronous successive halving: after each rung, one of `factor` settings goes on. */
export interface Halving {
  readonly factor: number;
  /** The rungs before the last one. Undefined: as many as leave one setting. */
  readonly rungs?: number | undefined;
}

/** A sweep as its file and the command line describe it, checked part by part. */
export interface Spec {
  readonly name: string | undefined;
  readonly corpus: readonly string[];
  readonly options: readonly Setting[];
  readonly grid: readonly Setting<readonly Setting[]>[];
  readonly list: readonly (readonly Setting[])[];
  readonly random: readonly Setting<Distribution>[];
  readonly draws: number;
  readonly when: readonly Rule[];
  readonly seeds: readonly number[] | undefined;
  readonly halving: Halving | undefined;
}

/** `parameters: N` sizes the hidden layers so that a model has about N parameters. */
export const PARAMETERS = "parameters";

const sections = [
  "name",
  "corpus",
  "options",
  "grid",
  "list",
  "random",
  "draws",
  "when",
  "seeds",
  "halving",
] as const;

const MOST_SEEDS = 10_000;
const MOST_DRAWS = 10_000;
const USUAL_FACTOR = 3;

/** Options of a sweep itself, which a run of it cannot have. */
const notInRuns: Readonly<Record<string, string>> = {
  out: "the folder of a sweep is given on the command line: --out",
};

/**
 * Reads the spec of a sweep.
 * @throws UsageError that names file, line and column if a part of the spec is wrong
 */
export function readSpec(document: Document): Spec {
  return new SpecReader(document).read();
}

class SpecReader {
  readonly #document: Document;

  constructor(document: Document) {
    this.#document = document;
  }

  read(): Spec {
    const parts = this.#map([]);
    for (const key of Object.keys(parts)) {
      if (!(sections as readonly string[]).includes(key)) {
        this.#fail([key], `a sweep has no ${JSON.stringify(key)}: it has ${sections.join(", ")}`);
      }
    }
    const spec: Spec = {
      name: "name" in parts ? this.#text(["name"]) : undefined,
      corpus: "corpus" in parts ? this.#at(["corpus"], () => parsePaths(parts.corpus)) : [],
      options: "options" in parts ? this.#settings(["options"]) : [],
      grid: "grid" in parts ? this.#grid() : [],
      list: "list" in parts ? this.#items(["list"]).map((_, index) => this.#settings(["list", index])) : [],
      random: "random" in parts ? this.#random() : [],
      draws: this.#draws("draws" in parts, "random" in parts),
      when: "when" in parts ? this.#items(["when"]).map((_, index) => this.#rule(["when", index])) : [],
      seeds: "seeds" in parts ? this.#seeds() : undefined,
      halving: "halving" in parts ? this.#halving() : undefined,
    };
    this.#requireOnce(spec);
    return spec;
  }

  #fail(path: DocumentPath, problem: string): never {
    throw this.#document.errorAt(path, problem);
  }

  /** Does what may find the value at `path` to be wrong. */
  #at<Result>(path: DocumentPath, parse: () => Result): Result {
    try {
      return parse();
    } catch (thrown) {
      return this.#fail(path, messageOf(thrown));
    }
  }

  #valueAt(path: DocumentPath): unknown {
    return path.reduce<unknown>(
      (value, step) => (value as Readonly<Record<string | number, unknown>>)[step],
      this.#document.value,
    );
  }

  #map(path: DocumentPath): Readonly<Record<string, unknown>> {
    const value = this.#valueAt(path);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>;
    }
    const what = path.length === 0 ? "the spec of a sweep" : String(path.at(-1));
    return this.#fail(
      path,
      `${what} must hold keys and values, such as ${path.length === 0 ? "grid:" : "hidden: 64"}`,
    );
  }

  #items(path: DocumentPath): readonly unknown[] {
    const value = this.#valueAt(path);
    if (!Array.isArray(value)) return this.#fail(path, `${String(path.at(-1))} takes a list`);
    if (value.length === 0)
      return this.#fail(path, `${String(path.at(-1))} is empty: leave it out, or add an item`);
    return value;
  }

  #text(path: DocumentPath): string {
    const value = this.#valueAt(path);
    return typeof value === "string" && value !== ""
      ? value
      : this.#fail(path, `${String(path.at(-1))} takes a text`);
  }

  #wholeNumber(path: DocumentPath, most: number): number {
    const value = this.#valueAt(path);
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
    return this.#fail(
      path,
      `${String(path.at(-1))} takes a whole number at least 1 and at most ${most}, not ${JSON.stringify(value)}`,
    );
  }

  /** The options of a map. */
  #settings(path: DocumentPath): Setting[] {
    return Object.entries(this.#map(path)).map(([key, value]) => this.#setting([...path, key], key, value));
  }

  #setting(path: DocumentPath, key: string, value: unknown): Setting {
    return { name: this.#nameAt(path, key), value: this.#parsed(path, key, value), path };
  }

  /** The option that a key names. */
  #nameAt(path: DocumentPath, key: string): string {
    const name = optionNameOf(key);
    const isOption = name === PARAMETERS || Object.hasOwn(optionDefinitions, name);
    if (!isOption) {
      this.#fail(
        path,
        `there is no option ${JSON.stringify(key)}: \`charrnn train --help\` lists the options`,
      );
    }
    if (Object.hasOwn(notInRuns, name)) this.#fail(path, notInRuns[name]);
    if (name === "name" && path[0] !== "options") {
      this.#fail(path, 'name is a template of all runs: write it in options, as in name: "{cell}-s{seed}"');
    }
    return name;
  }

  #parsed(path: DocumentPath, key: string, value: unknown): Value {
    const name = optionNameOf(key);
    return this.#at(path, () => {
      if (name === PARAMETERS) return parseBudget(value);
      const parsed = parseOptions({ [name]: value })[name as OptionName];
      if (parsed === undefined) throw new UsageError(`${key} has no value`);
      return parsed;
    });
  }

  #grid(): Setting<readonly Setting[]>[] {
    const axes = Object.entries(this.#map(["grid"]));
    if (axes.length === 0) this.#fail(["grid"], "the grid is empty: name an option and its values");
    return axes.map(([key, given]) => {
      const path = ["grid", key];
      const name = this.#nameAt(path, key);
      const values = typeof given === "string" ? this.#at(path, () => parseValues(given)) : this.#items(path);
      const settings = values.map((value, index) =>
        this.#setting(typeof given === "string" ? path : [...path, index], key, value),
      );
      const twice = settings.find(
        ({ value }, index) => settings.findIndex((other) => other.value === value) < index,
      );
      if (twice !== undefined) this.#fail(twice.path, `${key} has the value ${String(twice.value)} twice`);
      return { name, value: settings, path };
    });
  }

  #random(): Setting<Distribution>[] {
    return Object.entries(this.#map(["random"])).map(([key]) => {
      const path = ["random", key];
      return { name: this.#nameAt(path, key), value: this.#distribution(path, key), path };
    });
  }

  #distribution(path: DocumentPath, key: string): Distribution {
    const [[kind, given], ...more] = Object.entries(this.#map(path));
    const known = distributionKinds.find((candidate) => candidate === kind);
    if (known === undefined || more.length > 0) {
      return this.#fail(
        path,
        `${key} takes one of ${distributionKinds.join(", ")}, as in {uniform: [0, 0.5]}`,
      );
    }
    const inner = [...path, kind];
    if (known === "choice") {
      const values = this.#items(inner).map((value, index) => this.#parsed([...inner, index], key, value));
      return { kind: known, values };
    }
    const [low, high, ...rest] = Array.isArray(given) ? (given as unknown[]) : [];
    const areNumbers = typeof low === "number" && typeof high === "number" && rest.length === 0;
    if (!areNumbers || !(low < high) || (known === "logUniform" && low <= 0)) {
      const sign = known === "logUniform" ? " above 0" : "";
      return this.#fail(inner, `${kind} takes the smallest and the largest number${sign}, as in [0.1, 0.5]`);
    }
    for (const bound of [low, high]) this.#parsed(inner, key, bound);
    return { kind: known, low, high };
  }

  #draws(areGiven: boolean, hasRandom: boolean): number {
    if (!hasRandom) {
      if (areGiven)
        this.#fail(["draws"], "draws needs random: say which options are drawn, or leave out draws");
      return 1;
    }
    if (!areGiven) this.#fail(["random"], "random needs draws: say how many times the options are drawn");
    return this.#wholeNumber(["draws"], MOST_DRAWS);
  }

  #rule(path: DocumentPath): Rule {
    const parts = this.#map(path);
    for (const key of Object.keys(parts)) {
      if (key !== "if" && key !== "set") this.#fail([...path, key], "a rule has if and set");
    }
    for (const key of ["if", "set"]) {
      if (!(key in parts)) this.#fail(path, `a rule needs ${key}: {if: {cell: rnn}, set: {clipNorm: 1}}`);
    }
    const conditions = Object.entries(this.#map([...path, "if"])).map(([key, value]) => {
      const own = [...path, "if", key];
      const values = Array.isArray(value) ? (value as unknown[]) : [value];
      return {
        name: this.#nameAt(own, key),
        value: values.map((item) => this.#parsed(own, key, item)),
        path: own,
      };
    });
    return { conditions, set: this.#settings([...path, "set"]) };
  }

  #seeds(): number[] {
    const given = this.#valueAt(["seeds"]);
    if (!Array.isArray(given)) {
      return Array.from({ length: this.#wholeNumber(["seeds"], MOST_SEEDS) }, (_, index) => index + 1);
    }
    return this.#items(["seeds"]).map((seed, index) => Number(this.#parsed(["seeds", index], "seed", seed)));
  }

  #halving(): Halving | undefined {
    const given = this.#valueAt(["halving"]);
    if (given === false) return undefined;
    if (given === true) return { factor: USUAL_FACTOR };
    if (typeof given === "number") return { factor: this.#factor(["halving"]) };
    const parts = this.#map(["halving"]);
    for (const key of Object.keys(parts)) {
      if (key !== "factor" && key !== "rungs") this.#fail(["halving", key], "halving has factor and rungs");
    }
    return {
      factor: "factor" in parts ? this.#factor(["halving", "factor"]) : USUAL_FACTOR,
      rungs: "rungs" in parts ? this.#wholeNumber(["halving", "rungs"], 100) : undefined,
    };
  }

  #factor(path: DocumentPath): number {
    const factor = this.#wholeNumber(path, 1000);
    return factor > 1 ? factor : this.#fail(path, "the factor of halving is at least 2");
  }

  /** No option may come from two parts of the spec, of which one would then have no effect. */
  #requireOnce({ options, grid, list, random, seeds }: Spec): void {
    const first = new Map<string, string>();
    const take = (section: string, settings: readonly Setting<unknown>[]) => {
      for (const { name, path } of settings) {
        const before = first.get(name);
        if (before !== undefined)
          this.#fail(path, `${name} is in ${before} and in ${section}: keep one of them`);
        if (name === "seed" && seeds !== undefined)
          this.#fail(path, "seed contradicts seeds: keep one of them");
      }
    };
    const parts: [string, readonly Setting<unknown>[]][] = [
      ["options", options],
      ["grid", grid],
      ["list", list.flat()],
      ["random", random],
    ];
    for (const [section, settings] of parts) {
      take(section, settings);
      for (const { name } of settings) first.set(name, section);
    }
    const hidden = [...options, ...grid, ...list.flat(), ...random].find(({ name }) => name === "hidden");
    if (hidden !== undefined && first.has(PARAMETERS)) {
      this.#fail(
        hidden.path,
        "hidden contradicts parameters, which sizes the hidden layers: keep one of them",
      );
    }
  }
}
