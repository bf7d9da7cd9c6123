import { basename, extname } from "node:path";
import { UsageError } from "../errors.ts";
import { optionNameOf } from "./options.ts";

const PLACEHOLDER = /\{([^{}]*)\}/g;

/** Whether a name has places for the values of options. */
export function isTemplate(name: string): boolean {
  return name.includes("{") || name.includes("}");
}

/**
 * Fills in a template of a run's name: `{cell}-{hidden}-s{seed}` gives `lstm-128-s1`. A place names an option, in camel
 * or kebab case, or `corpus`, which stands for the name of the first file.
 * @throws UsageError if a place names no option, or an option without a value
 */
export function fillName(
  template: string,
  options: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>,
  corpus: string | undefined,
): string {
  const filled = template.replace(PLACEHOLDER, (place, name: string) => {
    const key = optionNameOf(name);
    if (key === "corpus" && corpus !== undefined) return nameable(basename(corpus, extname(corpus)));
    if (key === "name" || !Object.hasOwn(options, key)) {
      throw new UsageError(`--name: ${place} names no option of the run: write one, such as {hidden}`);
    }
    const value = options[key];
    if (value === undefined) {
      throw new UsageError(`--name: ${place} has no value: give the option, or leave it out of the name`);
    }
    return nameable(String(value));
  });
  if (!isTemplate(filled)) return filled;
  throw new UsageError(
    `--name ${template}: a brace has no other: write the name of an option between braces`,
  );
}

/** A value in characters that a run's name may have. */
function nameable(value: string): string {
  return value.replace(/[^\p{L}\p{M}\p{N}._-]+/gu, "-");
}
