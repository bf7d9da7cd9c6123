import { type Checkpoint } from "../../checkpoint/format.ts";
import { type Engine } from "../../engine/engine.ts";
import { openEngine, type EngineOptions } from "../../engine/engines.ts";
import { Layout } from "../../engine/tensor.ts";
import { type RowClamp } from "../../model/clamp.ts";
import { Network } from "../../model/network.ts";
import { type NetworkSizes } from "../../model/shapes.ts";
import { writeStored } from "../../model/weights.ts";
import { Scorer, type ScorerProgram } from "./scorer.ts";
import { type ScoringPlan } from "./segments.ts";

export interface ScorerOptions extends EngineOptions {
  /** Units that keep a value. The rows of the batch are the segments of a group. */
  readonly clamps?: readonly RowClamp[] | undefined;
}

/**
 * Lays out a trained network to score texts as planned, and opens an engine with its weights. The engine is closed after
 * `use`.
 * @throws UsageError if the network has no unit that is clamped
 * @throws CharrnnError if the engine cannot run here, there is too little memory, or a parameter is missing
 */
export async function withScorer<Result>(
  { model, parameters }: Pick<Checkpoint, "model" | "parameters">,
  sizes: NetworkSizes,
  plan: ScoringPlan,
  { clamps, ...options }: ScorerOptions,
  use: (scorer: Scorer, engine: Engine<ScorerProgram>) => Promise<Result>,
): Promise<Result> {
  const layout = new Layout();
  const network = new Network(layout, model, sizes, { training: false });
  const scorer = new Scorer(layout, network, plan, clamps);
  const engine = await openEngine(layout, scorer.programs, options);
  try {
    writeStored(engine, network.parameters, parameters);
    return await use(scorer, engine);
  } finally {
    await engine.close();
  }
}
