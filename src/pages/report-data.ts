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
  /** How the model answers for its validation split. Absent if it was not evaluated. */
  readonly evaluation?: EvaluationData;
}

export interface EvaluationData {
  /** Says what one should see. */
  readonly title: string;
  /** Numbers of answers, as `counts[truth][predicted]`. Absent if the answers are no classes. */
  readonly confusion?: {
    readonly labels: readonly string[];
    readonly counts: readonly (readonly number[])[];
  };
  /** Examples that the model gets wrong, those that it is surest of first; and examples that it gets right. */
  readonly wrong: readonly ExampleData[];
  readonly right: readonly ExampleData[];
  readonly alignments: readonly AlignmentData[];
}

export interface ExampleData {
  readonly input: string;
  readonly right: string;
  readonly answer: string;
  readonly probability: number | null;
}

/** How much attention each item of an output paid to each item of the input. */
export interface AlignmentData {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly weights: readonly (readonly number[])[];
}

export interface OptionData {
  readonly flag: string;
  readonly value: string;
  readonly isDefault: boolean;
}
