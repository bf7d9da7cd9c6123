import { type Checkpoint } from "../checkpoint/format.ts";
import { openEngine, type EngineOptions } from "../engine/engines.ts";
import { Layout } from "../engine/tensor.ts";
import { type RowClamp } from "../model/clamp.ts";
import { Network } from "../model/network.ts";
import { type NetworkSizes } from "../model/shapes.ts";
import { writeStored } from "../model/weights.ts";
import { Scorer } from "../tasks/language-model/scorer.ts";
import { planSegments, together, type Segment } from "../tasks/language-model/segments.ts";
import { type Symbols } from "../text/symbols.ts";

/** A unit that is fixed at a value: `c:0:42`. */
export interface FixedUnit {
  readonly unit: string;
  readonly value: number;
}

/**
 * The losses of a text, character by character, once for each set of fixed units. The first character is not predicted
 * and has NaN. All sets are computed side by side: each has rows of its own in the batch.
 * @throws CharrnnError if the engine cannot run here or there is too little memory
 */
export async function lossesWith(
  { model, parameters }: Pick<Checkpoint, "model" | "parameters">,
  sizes: NetworkSizes,
  text: Symbols,
  sets: readonly (readonly FixedUnit[])[],
  { progress, ...options }: EngineOptions & { progress?: (done: number, total: number) => void } = {},
): Promise<Float32Array[]> {
  const own = planSegments(text.length);
  const segments: Segment[] = sets.flatMap(() => own);
  const clamps = sets.flatMap((units, set): RowClamp[] => {
    const rows = { start: set * own.length, end: (set + 1) * own.length };
    return units.map((unit) => ({ ...unit, rows }));
  });
  const layout = new Layout();
  const network = new Network(layout, { ...model, dropout: 0 }, sizes, { training: false });
  const scorer = new Scorer(layout, network, together(segments), clamps);
  const engine = await openEngine(layout, scorer.programs, options);
  try {
    writeStored(engine, network.parameters, parameters);
    const losses = sets.map(() => new Float32Array(text.length).fill(NaN));
    await scorer.score(engine, text, {
      onCharacter: (position, loss, segment) => {
        losses[Math.floor(segment / own.length)][position] = loss;
      },
      ...(progress && { progress }),
    });
    return losses;
  } finally {
    await engine.close();
  }
}
