import { UsageError } from "../errors.ts";

/** How an option of a run is written, described, checked, and whether a resumed run may change it. */
export interface OptionDefinition<T> {
  /** What stands for the value in the help, for instance `steps` in `--seq-length <steps>`. */
  readonly placeholder: string;
  readonly description: string;
  readonly default: T;
  /** Values to choose from, where there is a fixed list. */
  readonly choices?: readonly string[];
  /** Whether a resumed run may give another value than the one it was started with. */
  readonly changesOnResume: boolean;
  /**
   * The checked value of what came from a command line (text) or a configuration file or program (typed).
   * @throws UsageError saying what the option takes
   */
  readonly parse: (value: unknown, flag: string) => T;
}

interface Range {
  min?: number;
  max?: number;
  /** The bounds themselves are excluded. */
  above?: number;
  below?: number;
}

function describeRange({ min, max, above, below }: Range): string {
  const low = min !== undefined ? `at least ${min}` : above !== undefined ? `above ${above}` : "";
  const high = max !== undefined ? `at most ${max}` : below !== undefined ? `below ${below}` : "";
  return [low, high].filter((part) => part !== "").join(" and ");
}

/**
 * The number that an option takes, from text or as it is.
 * @throws UsageError where it is none or out of range
 */
export function parseNumber(value: unknown, flag: string, range: Range, integer: boolean): number {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
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
    throw new UsageError(`${flag} takes ${expected}, not ${JSON.stringify(value)}`);
  }
  return number;
}

type Described = Pick<OptionDefinition<unknown>, "placeholder" | "description"> &
  Partial<Pick<OptionDefinition<unknown>, "changesOnResume">>;

/** The type of an option from the type of its default: `Base`, and undefined where that is the default. */
type Widened<T, Base> = Base | Extract<T, undefined>;

/** An option that takes a whole number. */
export function integer<T extends number | undefined>(
  defaultValue: T,
  range: Range,
  described: Described,
): OptionDefinition<Widened<T, number>> {
  const parse = (value: unknown, flag: string) => parseNumber(value, flag, range, true);
  return { changesOnResume: false, ...described, default: defaultValue as Widened<T, number>, parse };
}

/** An option that takes a number. */
export function real<T extends number | undefined>(
  defaultValue: T,
  range: Range,
  described: Described,
): OptionDefinition<Widened<T, number>> {
  const parse = (value: unknown, flag: string) => parseNumber(value, flag, range, false);
  return { changesOnResume: false, ...described, default: defaultValue as Widened<T, number>, parse };
}

/** An option that takes one of a fixed list of names. */
export function choice<const C extends string>(
  choices: readonly C[],
  defaultValue: NoInfer<C>,
  described: Omit<Described, "placeholder">,
): OptionDefinition<C> {
  const parse = (value: unknown, flag: string) => {
    const found = choices.find((candidate) => candidate === value);
    if (found === undefined) {
      throw new UsageError(`${flag} takes one of ${choices.join(", ")}, not ${JSON.stringify(value)}`);
    }
    return found;
  };
  return { changesOnResume: false, placeholder: "name", ...described, default: defaultValue, choices, parse };
}

/** An option that takes a text that is not empty, such as a name or a path. */
export function text<T extends string | undefined>(
  defaultValue: T,
  described: Described,
): OptionDefinition<Widened<T, string>> {
  const parse = (value: unknown, flag: string) => {
    if (typeof value !== "string" || value === "") {
      throw new UsageError(`${flag} takes a text, not ${JSON.stringify(value)}`);
    }
    return value;
  };
  return { changesOnResume: false, ...described, default: defaultValue as Widened<T, string>, parse };
}
