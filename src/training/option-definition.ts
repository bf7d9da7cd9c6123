import { parseChoice, parseNumber, parseText, type Range } from "../arguments.ts";

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
  const parse = (value: unknown, flag: string) => parseChoice(value, flag, choices);
  return { changesOnResume: false, placeholder: "name", ...described, default: defaultValue, choices, parse };
}

/** An option that takes a text that is not empty, such as a name or a path. */
export function text<T extends string | undefined>(
  defaultValue: T,
  described: Described,
): OptionDefinition<Widened<T, string>> {
  return {
    changesOnResume: false,
    ...described,
    default: defaultValue as Widened<T, string>,
    parse: parseText,
  };
}
