import { UsageError } from "../errors.ts";
import { type Range } from "./example-text.ts";
import { type Symbols } from "./symbols.ts";
import { type ReadFiles } from "./text-reader.ts";

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

/** How much of a text is kept for validation and for testing. */
export interface Fractions {
  readonly valFrac: number;
  readonly testFrac: number;
}

/**
 * Where the splits of a corpus are. Files of their own for a split are that split. All other files are cut as `split`
 * does, for the splits that have no files of their own.
 */
export function splitRanges(
  { files, val, test, ends }: Pick<ReadFiles, "files" | "val" | "test" | "ends">,
  symbols: Symbols,
  { valFrac, testFrac }: Fractions,
): Record<SplitName, Range> {
  const endOf = (count: number) => (count === 0 ? 0 : ends[count - 1]);
  const cutEnd = endOf(files.length);
  const valEnd = endOf(files.length + (val?.length ?? 0));
  const cut = split(symbols.subsequence(0, cutEnd), val ? 0 : valFrac, test ? 0 : testFrac);
  const trainEnd = cut.train.length;
  const cutVal = trainEnd + cut.val.length;
  return {
    train: { start: 0, end: trainEnd },
    val: val ? { start: cutEnd, end: valEnd } : { start: trainEnd, end: cutVal },
    test: test ? { start: valEnd, end: symbols.length } : { start: cutVal, end: cutEnd },
  };
}

/** The splits of a corpus: see `splitRanges`. */
export function splitCorpus(
  corpus: Pick<ReadFiles, "files" | "val" | "test" | "ends"> & { readonly symbols: Symbols },
  fractions: Fractions,
): Splits {
  const { train, val, test } = splitRanges(corpus, corpus.symbols, fractions);
  const part = ({ start, end }: Range) => corpus.symbols.subsequence(start, end);
  return { train: part(train), val: part(val), test: part(test) };
}

/** How much of a file is in a split, and how many symbols the whole file has. */
export type FilePart = Readonly<{ file: string; symbols: number; of: number }>;

/** What each split of a corpus holds of each file. */
export function filesOfSplits(
  corpus: Pick<ReadFiles, "files" | "val" | "test" | "ends"> & { readonly symbols: Symbols },
  fractions: Fractions,
): Record<SplitName, FilePart[]> {
  const { files, val = [], test = [], ends } = corpus;
  const names = [...files, ...val, ...test];
  const ranges = splitRanges(corpus, corpus.symbols, fractions);
  const partsOf = ({ start, end }: Range) =>
    names.flatMap((file, index) => {
      const fileStart = index === 0 ? 0 : ends[index - 1];
      const symbols = Math.min(end, ends[index]) - Math.max(start, fileStart);
      return symbols > 0 ? [{ file, symbols, of: ends[index] - fileStart }] : [];
    });
  return { train: partsOf(ranges.train), val: partsOf(ranges.val), test: partsOf(ranges.test) };
}

/** The files of which something is validated or tested on, and nothing trained on. */
export function untrainedFiles({
  train,
  val,
  test,
}: Readonly<Record<SplitName, readonly FilePart[]>>): string[] {
  const trained = new Set(train.map(({ file }) => file));
  const others = [...val, ...test].map(({ file }) => file).filter((file) => !trained.has(file));
  return [...new Set(others)];
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
