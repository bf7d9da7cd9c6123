import { parseChoice, parseNumber, parseText, secondsOf, type Range } from "../arguments.ts";
import { UsageError } from "../errors.ts";
import { type TaskName } from "../tasks/index.ts";

/** The headings under which the help lists options, in this order. */
export const optionGroups = [
  "Model",
  "Training",
  "Optimizer",
  "Schedule",
  "Data",
  "Text",
  "Tables",
  "Run and output",
] as const;

/** How an option of a run is written, described and checked, and whether a resumed run may change it. */
export interface OptionDefinition<T> extends Described<T> {
  /** The word for the value in the help, for instance `steps` in `--seq-length <steps>`. */
  readonly placeholder: string;
  /** Whether the option takes several values, each of which `parse` takes. On a command line they follow each other. */
  readonly isList?: true;
  /** Values to choose from, if there is a fixed list. */
  readonly choices?: readonly string[];
  /** Whether the value may be changed when a run is resumed. */
  readonly changesOnResume: boolean;
  /**
   * Checks a value and returns it. A command line gives the value as text, a configuration file or a program as JSON.
   * @throws UsageError that says what the option takes
   */
  readonly parse: (value: unknown, flag: string) => T;
}

interface Described<T> {
  readonly group: (typeof optionGroups)[number];
  readonly description: string;
  readonly default: T;
  readonly changesOnResume?: boolean;
  /** Another option, and the values of that option with which this option has an effect. */
  readonly onlyWith?: Readonly<Record<string, readonly unknown[]>>;
  /** Another option. Without it, this option has no effect. */
  readonly needs?: string;
  /** The tasks that have the option. Undefined: all of them. */
  readonly tasks?: readonly TaskName[];
}

interface DescribedNumber<T> extends Described<T> {
  readonly placeholder: string;
  readonly range: Range;
}

/** The type of an option from the type of its default: `Base`, and undefined if that is the default. */
type Widened<T, Base> = Base | Extract<T, undefined>;

/** An option that takes a whole number. */
export function integer<T extends number | undefined>(
  described: DescribedNumber<T>,
): OptionDefinition<Widened<T, number>> {
  return numeric(described, true);
}

/** An option that takes a number. */
export function real<T extends number | undefined>(
  described: DescribedNumber<T>,
): OptionDefinition<Widened<T, number>> {
  return numeric(described, false);
}

function numeric<T extends number | undefined>(
  { range, ...described }: DescribedNumber<T>,
  isWhole: boolean,
): OptionDefinition<Widened<T, number>> {
  return {
    changesOnResume: false,
    ...described,
    default: described.default as Widened<T, number>,
    parse: (value, flag) => parseNumber(value, flag, range, isWhole),
  };
}

/** An option that takes a whole number of steps, or a time such as 30s, 10m or 1h. */
export function stepsOrTime(
  described: DescribedNumber<undefined>,
): OptionDefinition<number | string | undefined> {
  const { range, ...rest } = described;
  return {
    changesOnResume: false,
    ...rest,
    parse: (value, flag) => {
      if (typeof value !== "string" || !/[smh]$/.test(value)) return parseNumber(value, flag, range, true);
      if (secondsOf(value) > 0) return value;
      throw new UsageError(
        `${flag} takes a number of steps, or a time such as 30s or 10m, not ${JSON.stringify(value)}`,
      );
    },
  };
}

/** An option that takes one of a fixed list of names. */
export function choice<const C extends string>(
  described: Described<NoInfer<C>> & { readonly choices: readonly C[] },
): OptionDefinition<C>;
export function choice<const C extends string>(
  described: Described<undefined> & { readonly choices: readonly C[] },
): OptionDefinition<C | undefined>;
export function choice<const C extends string>(
  described: Described<C | undefined> & { readonly choices: readonly C[] },
): OptionDefinition<C | undefined> {
  const parse = (value: unknown, flag: string) => parseChoice(value, flag, described.choices);
  return { changesOnResume: false, placeholder: "name", ...described, parse };
}

/** An option that is on or off. If the option is on by default, `--no-...` turns it off. */
export function flag(described: Described<boolean>): OptionDefinition<boolean> {
  return {
    changesOnResume: false,
    placeholder: "",
    ...described,
    parse: (value, name) => {
      if (typeof value === "boolean") return value;
      throw new UsageError(`${name} takes true or false, not ${JSON.stringify(value)}`);
    },
  };
}

/** An option that takes one or more paths. */
export function paths(
  described: Described<undefined> & { readonly placeholder: string },
): OptionDefinition<readonly string[] | undefined> {
  return {
    changesOnResume: false,
    ...described,
    isList: true,
    parse: (value, flag) => {
      const list: unknown[] = Array.isArray(value) ? value : [value];
      if (list.length > 0) return list.map((path) => parseText(path, flag));
      throw new UsageError(`${flag} takes one or more files: name a file, or leave out ${flag}`);
    },
  };
}

/** An option that takes a text that is not empty, such as a name or a path. */
export function text<T extends string | undefined>(
  described: Described<T> & { readonly placeholder: string },
): OptionDefinition<Widened<T, string>> {
  return {
    changesOnResume: false,
    ...described,
    default: described.default as Widened<T, string>,
    parse: parseText,
  };
}
