import { basename, dirname, resolve } from "node:path";
import { parsePaths } from "../arguments.ts";
import { parseDocument, readDocument, type Document } from "../document.ts";
import { UsageError, messageOf } from "../errors.ts";
import { parseOptions } from "../training/option-checks.ts";
import { optionNameOf, type TrainOptions } from "../training/options.ts";

export interface Config {
  /** Paths of the training text; empty if the file has no "corpus". */
  corpus: string[];
  options: Partial<TrainOptions>;
}

/**
 * Reads the configuration file of a command that trains: a map in YAML or JSON. Its keys are options of a run, in camel
 * or kebab case, and "corpus", a path or a list of paths. The file may not set `commandFlags`, the flags of the command
 * itself.
 * @throws UsageError that names the file, the line and the column
 */
export function readConfig(file: string, commandFlags: readonly string[]): Config {
  const { corpus, options } = configIn(readDocument(file), commandFlags);
  // A run's own options.json holds the run's name. A new run needs another name.
  const isOwn = options.name !== undefined && options.name === basename(dirname(resolve(file)));
  return { corpus, options: isOwn ? { ...options, name: undefined } : options };
}

/**
 * Parses the text of a configuration file, such as a run's options.json, and checks its options.
 * @throws UsageError that names the file, the line and the column
 */
export function parseConfig(content: string, file: string, commandFlags: readonly string[] = []): Config {
  return configIn(parseDocument(content, file), commandFlags);
}

function configIn(document: Document, commandFlags: readonly string[]): Config {
  const config: Config = { corpus: [], options: {} };
  for (const { key, name, value } of settingsIn(document)) {
    // A run's options.json also holds the time at which the run started.
    if (name === "start") continue;
    try {
      if (name === "corpus") {
        config.corpus = parsePaths(value);
        continue;
      }
      if (commandFlags.includes(name)) {
        throw new UsageError(`--${name} cannot be set in a configuration file: give it on the command line`);
      }
      Object.assign(config.options, parseOptions({ [name]: value }));
    } catch (thrown) {
      throw document.errorAt([key], messageOf(thrown));
    }
  }
  return config;
}

/** A key of a configuration file, the option that the key names, and the value of the key. */
export interface Setting {
  readonly key: string;
  readonly name: string;
  readonly value: unknown;
}

/**
 * The settings of a configuration file. An empty file has none.
 * @throws UsageError if the file is no map, or sets an option twice
 */
export function settingsIn(document: Document): Setting[] {
  const { value } = document;
  if (value === null) return [];
  if (typeof value !== "object" || Array.isArray(value)) {
    throw document.errorAt([], "the file must hold options and their values, such as hidden: 256");
  }
  const settings = Object.entries(value as Record<string, unknown>).map(([key, value]) => ({
    key,
    name: optionNameOf(key),
    value,
  }));
  const names = new Set<string>();
  for (const { key, name } of settings) {
    if (names.has(name)) {
      throw document.errorAt([key], `"${key}" is given twice (in camel and kebab case): keep one`);
    }
    names.add(name);
  }
  return settings;
}
