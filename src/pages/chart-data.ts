import { type Curve } from "./curve.ts";

/** A chart of curves over a common axis. */
export interface ChartData {
  /** Says what one should see. */
  readonly title: string;
  readonly x: AxisData;
  readonly y: AxisData;
  readonly lines: readonly LineData[];
  /** Values to compare with, each drawn as a thin line across the chart. */
  readonly references?: readonly { readonly label: string; readonly value: number }[];
}

export interface AxisData {
  readonly label: string;
  readonly log: boolean;
}

export interface LineData {
  /** What the line belongs to: a run or a unit. Lines of one series have one colour. */
  readonly series: string;
  /** What the line shows: `validation loss`. */
  readonly quantity: string;
  /** A faint line stands behind the others. */
  readonly faint?: boolean;
  /** Whether single values scatter so much that the reader may want to smooth them. */
  readonly noisy?: boolean;
  readonly decimals: number;
  readonly curve: Curve;
}
