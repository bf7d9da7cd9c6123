import { UsageError } from "../errors.ts";

/** More values of one option are taken for a typing error. */
const MOST_VALUES = 10_000;
/** Decimal digits that are kept, so that 0.1 + 2 * 0.1 is 0.3. */
const DIGITS = 12;

const NUMBER = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?`;
const RANGE = new RegExp(`^(${NUMBER})\\.\\.(${NUMBER})(?::([*+])(${NUMBER}))?$`);

/**
 * The values of a list such as `rnn,lstm` or `64..256:*2,512`. A range has a first and a last value, and a step that is
 * added (`0.1..0.5:+0.1`) or a factor (`64..256:*2`). Without one, its step is 1.
 * @throws UsageError if a value is missing, or a range has no end
 */
export function parseValues(text: string): (string | number | boolean)[] {
  return text.split(",").flatMap((part): (string | number | boolean)[] => {
    const word = part.trim();
    if (word === "")
      throw new UsageError(`${JSON.stringify(text)} has an empty value: write one comma between two`);
    const range = RANGE.exec(word);
    if (range !== null) {
      const [, from, to, operator = "+", step = "1"] = range;
      return valuesBetween(word, Number(from), Number(to), operator, Number(step));
    }
    if (word === "true" || word === "false") return [word === "true"];
    return [Number.isNaN(Number(word)) ? word : Number(word)];
  });
}

function valuesBetween(text: string, from: number, to: number, operator: string, step: number): number[] {
  const at = (index: number) =>
    Number((operator === "*" ? from * step ** index : from + step * index).toPrecision(DIGITS));
  const values: number[] = [];
  for (let value = at(0); value <= to; value = at(values.length)) {
    values.push(value);
    if (at(values.length) <= value || values.length > MOST_VALUES) {
      throw new UsageError(`the range ${text} does not end: a step is above 0, and a factor above 1`);
    }
  }
  if (values.length > 0) return values;
  throw new UsageError(`the range ${text} is empty: write the smaller number first`);
}
