import { type TrainOptions } from "../training/options.ts";

/** What the command line gave: options of the run, and those of the command itself. */
export interface TrainFlags extends Partial<TrainOptions> {
  /** The run to go on with; true where the flag stands alone. */
  resume?: string | true;
  config?: string;
  plan?: true;
  json?: true;
  quiet?: true;
}
