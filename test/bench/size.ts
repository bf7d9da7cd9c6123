import { cells, type CellName } from "../../src/model/cells/index.ts";
import { completeOptions } from "../../src/training/option-checks.ts";
import { randomData } from "../../src/tasks/random-data.ts";
import { type MeasuredPlan } from "../../src/training/speed.ts";

/** As many symbols as tiny shakespeare has. */
export const VOCABULARY = 65;

/** A model and the chunks that it is trained on. */
export interface Size {
  readonly cell: CellName;
  readonly layers: number;
  readonly hidden: number;
  readonly batch: number;
  readonly steps: number;
}

/** The size written as `2x128`; three layers and more are trained on chunks of 100 x 100, others of 50 x 50. */
export function sizeOf(cell: CellName, text: string): Size {
  const [layers, hidden] = text.split("x").map(Number);
  const length = layers >= 3 ? 100 : 50;
  return { cell, layers, hidden, batch: length, steps: length };
}

export function nameOf({ cell, layers, hidden }: Size): string {
  return `${cell} ${layers}x${hidden}`;
}

/** What training it takes: forward, backward, clip, Adam. */
export function planOf({ cell, layers, hidden, batch, steps }: Size): MeasuredPlan {
  const config = { cell, layers, hidden, embedding: 0, dropout: 0 };
  const options = completeOptions({ batchSize: batch, seqLength: steps });
  return { config, data: randomData(VOCABULARY, { batch, lengths: [steps] }), options };
}

/**
 * The useful multiplications and additions in the matrix products of one character: each weight but the one-hot input's
 * (a look-up) is met by the forward pass, by the backward pass and by its own gradient.
 */
export function flopsPerCharacter({ cell, layers, hidden }: Size): number {
  const rows = cells[cell].gates.length * hidden;
  const weights = (2 * layers - 1) * rows * hidden + hidden * VOCABULARY;
  return 6 * weights;
}
