import { UsageError } from "./errors.ts";

/** The range of numbers that an option takes. */
export interface Range {
  min?: number;
  max?: number;
  /** `above` and `below` exclude the bounds themselves. */
  above?: number;
  below?: number;
}

function describeRange({ min, max, above, below }: Range): string {
  const low = min !== undefined ? `at least ${min}` : above !== undefined ? `above ${above}` : "";
  const high = max !== undefined ? `at most ${max}` : below !== undefined ? `below ${below}` : "";
  return [low, high].filter((part) => part !== "").join(" and ");
}

/**
 * Reads the number given for `name` (an option, for example). `value` may be a number or the text of a number.
 * @throws UsageError if the value is not a number or is out of range
 */
export function parseNumber(value: unknown, name: string, range: Range, integer: boolean): number {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return requireNumber(number, name, range, integer, value);
}

/**
 * Checks the number given for `name` (an option, for example). The error shows `given`, the value as the user wrote it.
 * @throws UsageError if the value is not a number or is out of range
 */
export function requireNumber(
  number: unknown,
  name: string,
  range: Range,
  integer: boolean,
  given = number,
): number {
  const { min = -Infinity, max = Infinity, above = -Infinity, below = Infinity } = range;
  if (
    typeof number !== "number" ||
    !Number.isFinite(number) ||
    (integer && !Number.isSafeInteger(number)) ||
    number < min ||
    number > max ||
    number <= above ||
    number >= below
  ) {
    const expected = `${integer ? "a whole number" : "a number"} ${describeRange(range)}`.trimEnd();
    throw new UsageError(
      `${name} takes ${expected}, not ${typeof given === "number" ? given : JSON.stringify(given)}`,
    );
  }
  return number;
}

/**
 * Checks the text given for `name` (an option, for example).
 * @throws UsageError if the value is not a text or is empty
 */
export function parseText(value: unknown, name: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new UsageError(`${name} takes a text, not ${JSON.stringify(value)}`);
}

/**
 * Finds the value given for `name` (an option, for example) among its choices.
 * @throws UsageError if the value is none of the choices
 */
export function parseChoice<C extends string>(value: unknown, name: string, choices: readonly C[]): C {
  const found = choices.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw new UsageError(`${name} takes one of ${choices.join(", ")}, not ${JSON.stringify(value)}`);
}

/**
 * Refuses options that do not exist. In JavaScript no type check would find such options.
 * @throws UsageError that names the first option that is not among `names`
 */
export function requireNames(given: object, names: Readonly<Record<string, true>>, what: string): void {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(names, name));
  if (unknown === undefined) return;
  throw new UsageError(`${what} has no option ${unknown}: it takes ${Object.keys(names).join(", ")}`);
}

const DURATION = /^(\d+(?:\.\d+)?)(s|m|h)$/;
const SECONDS = { s: 1, m: 60, h: 3600 };

/** The seconds of a duration such as 30s, 10m or 1h; NaN if the text is no duration. */
export function secondsOf(duration: string): number {
  const match = DURATION.exec(duration);
  return match === null ? NaN : Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS];
}
