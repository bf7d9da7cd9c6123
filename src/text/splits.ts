import { UsageError } from "../errors.ts";
import { type Symbols } from "./symbols.ts";

/** The parts of a corpus: train is for training, val chooses the best checkpoint, and test is used for neither. */
export const splitNames = ["train", "val", "test"] as const;
export type SplitName = (typeof splitNames)[number];
export type Splits = Readonly<Record<SplitName, Symbols>>;

/**
 * Cuts a corpus of n symbols in order: train, then val, then test. Val has floor(n * valFrac) symbols and test has
 * floor(n * testFrac). A part of one symbol would be useless, because the first symbol of a part is never predicted. So
 * val and test then stay empty, and train gets the symbol.
 * @throws UsageError if `requireFractions` refuses the fractions
 */
export function split(symbols: Symbols, valFrac: number, testFrac: number): Splits {
  requireFractions(valFrac, testFrac);
  const n = symbols.length;
  const testStart = n - partLength(n, testFrac);
  const valStart = testStart - partLength(n, valFrac);
  return {
    train: symbols.subsequence(0, valStart),
    val: symbols.subsequence(valStart, testStart),
    test: symbols.subsequence(testStart, n),
  };
}

/**
 * Checks the fractions of a corpus for val and test.
 * @throws UsageError if a fraction is outside [0, 1), or the two fractions leave nothing to train on
 */
export function requireFractions(valFrac: number, testFrac: number): void {
  for (const [option, fraction] of [
    ["--val-frac", valFrac],
    ["--test-frac", testFrac],
  ] as const) {
    if (!(fraction >= 0 && fraction < 1)) {
      throw new UsageError(`${option} ${fraction} is not a fraction; it must be at least 0 and less than 1`);
    }
  }
  if (valFrac + testFrac >= 1) {
    throw new UsageError(
      `--val-frac ${valFrac} and --test-frac ${testFrac} leave nothing to train on; their sum must be less than 1`,
    );
  }
}

function partLength(n: number, fraction: number): number {
  const length = Math.floor(n * fraction);
  return length === 1 ? 0 : length;
}
