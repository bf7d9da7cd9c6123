import { splitNames, type SplitName } from "../../text/splits.ts";
import { type SeriesRow } from "./series-table.ts";

/**
 * The rows [start, end) of a series. The rows before them are known, so the first row of a part can be predicted too.
 */
export interface Part<Series> {
  readonly series: Series;
  readonly start: number;
  readonly end: number;
}

export type SeriesSplits<Series = readonly SeriesRow[]> = Readonly<
  Record<SplitName, readonly Part<Series>[]>
>;

/**
 * Cuts every series of n rows in the order of time: train, then val, then test. Val has floor(n * valFrac) rows and test
 * has floor(n * testFrac).
 */
export function splitSeries<Series extends { readonly length: number }>(
  all: readonly Series[],
  { valFrac, testFrac }: { readonly valFrac: number; readonly testFrac: number },
): SeriesSplits<Series> {
  const parts = all.map((series) => {
    const { length: n } = series;
    const testStart = n - Math.floor(n * testFrac);
    const valStart = testStart - Math.floor(n * valFrac);
    return {
      train: { series, start: 0, end: valStart },
      val: { series, start: valStart, end: testStart },
      test: { series, start: testStart, end: n },
    };
  });
  const named = splitNames.map((name) => [
    name,
    parts.map((part) => part[name]).filter(({ start, end }) => end > start),
  ]);
  return Object.fromEntries(named) as SeriesSplits<Series>;
}

/** Whole series as parts. */
export function wholeParts<Series extends { readonly length: number }>(
  all: readonly Series[],
): Part<Series>[] {
  return all.map((series) => ({ series, start: 0, end: series.length }));
}

/** The first row of a part that can be predicted: the first row of a series has no row before it. */
export function firstPredicted({ start }: Pick<Part<unknown>, "start">): number {
  return Math.max(start, 1);
}

/** How many rows the parts have, and how many of these rows can be predicted. */
export function countRows(parts: readonly Part<unknown>[]): { rows: number; predicted: number } {
  return {
    rows: parts.reduce((sum, { start, end }) => sum + end - start, 0),
    predicted: parts.reduce((sum, part) => sum + Math.max(0, part.end - firstPredicted(part)), 0),
  };
}
