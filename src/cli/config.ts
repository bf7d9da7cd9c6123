import { readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { UsageError, messageOf } from "../errors.ts";
import { fileError } from "../file-error.ts";
import { parseOptions } from "../training/option-checks.ts";
import { type TrainOptions } from "../training/options.ts";

export interface Config {
  /** Paths of the training text; empty if the file has no "corpus". */
  corpus: string[];
  options: Partial<TrainOptions>;
}

/**
 * Reads a configuration file: a JSON object. The keys of the object are options of a run, in camel or kebab case, and
 * "corpus", a path or a list of paths. The file may not set `commandFlags`, the flags of the command itself.
 * @throws UsageError that names the file and, if a key is at fault, the key
 */
export function readConfig(file: string, commandFlags: readonly string[]): Config {
  let content: string;
  try {
    content = readFileSync(file, "utf8").replace(/^\ufeff/, "");
  } catch (thrown) {
    throw new UsageError(`--config: ${fileError("read", file, thrown).message}`);
  }
  try {
    const { corpus, options } = parseConfig(content, commandFlags);
    // A run's own options.json holds the run's name. A new run needs another name.
    const isOwn = options.name !== undefined && options.name === basename(dirname(resolve(file)));
    return { corpus, options: isOwn ? { ...options, name: undefined } : options };
  } catch (thrown) {
    throw new UsageError(`--config ${file}: ${messageOf(thrown)}`);
  }
}

/**
 * Parses the text of a configuration file, such as a run's options.json, and checks its options.
 * @throws UsageError that names the key at fault
 */
export function parseConfig(content: string, commandFlags: readonly string[] = []): Config {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch (thrown) {
    throw new UsageError(`not JSON: ${messageOf(thrown)}`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new UsageError('the file must hold one JSON object, such as {"hidden": 256}');
  }
  const { corpus = [], ...rest } = parsed as Record<string, unknown>;
  // A run's options.json also holds the time at which the run started.
  delete rest.start;
  const given = new Map<string, unknown>();
  for (const [key, value] of Object.entries(rest)) {
    const name = camelCase(key);
    if (commandFlags.includes(name)) {
      throw new UsageError(`--${name} cannot be set in a configuration file: give it on the command line`);
    }
    if (given.has(name)) throw new UsageError(`"${key}" is given twice (in camel and kebab case): keep one`);
    given.set(name, value);
  }
  return { corpus: parsePaths(corpus), options: parseOptions(Object.fromEntries(given)) };
}

function camelCase(key: string): string {
  return key.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function parsePaths(value: unknown): string[] {
  const paths: unknown[] = Array.isArray(value) ? value : [value];
  const isPath = (path: unknown): path is string => typeof path === "string" && path !== "";
  if (!paths.every(isPath)) throw new UsageError('"corpus" takes a path or a list of paths');
  return paths;
}
