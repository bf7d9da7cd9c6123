import { type ChartData } from "./chart-data.ts";

/** What the page of `charrnn report` shows. */
export interface ReportData {
  readonly heading: string;
  /** What was found, the most important sentence first. */
  readonly verdict: readonly string[];
  /** The chart of the losses comes first. */
  readonly charts: readonly ChartData[];
  readonly runs: readonly RunData[];
  /** The command that made the page. */
  readonly command: string;
  /** ISO 8601. */
  readonly made: string;
  /** Seconds after which the page loads itself again; null if the file will not change. */
  readonly reload: number | null;
}

export interface RunData {
  readonly name: string;
  readonly status: string;
  /** Whether the samples are texts that the model wrote. Otherwise they show inputs and answers. */
  readonly writes: boolean;
  readonly samples: readonly { readonly step: number; readonly text: string }[];
  /** The model, the data and the machine: names and values. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly options: readonly OptionData[];
  /** The command that trains the same run again. */
  readonly command: string;
}

export interface OptionData {
  readonly flag: string;
  readonly value: string;
  readonly isDefault: boolean;
}
