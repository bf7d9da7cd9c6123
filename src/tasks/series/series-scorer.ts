import { type Engine } from "../../engine/engine.ts";
import { type Operation } from "../../engine/operation.ts";
import { width, type Layout } from "../../engine/tensor.ts";
import { type CarriedStates, type Network } from "../../model/network.ts";
import { UnrolledNetwork, type HeadOptions } from "../../model/unrolled-network.ts";
import { type EncodedSeries } from "./code.ts";
import { groupsOf, groupSteps, StretchFiller, type Stretch } from "./stretches.ts";

/** The network predicts the next row at every step. Rows of a batch that have ended get the weight 0. */
export const EVERY_ROW: HeadOptions = { reads: "steps", loss: "squares", weighted: true };

/** The most stretches that are read side by side: enough rows to keep a CPU's matrix units busy. */
const MOST_ROWS = 64;
/** How many time steps one run of the program scores. With 50, the fixed cost of starting a program is small. */
const STEPS = 50;

/** Called with a row that counts, and the outputs that predict it. The outputs are valid during the call. */
export type OnRow = (series: EncodedSeries, row: number, outputs: ArrayLike<number>) => void;

export type SeriesScorerProgram = "prepareScoring" | "score";

/**
 * Scores stretches of series with states of its own. Validation and `charrnn eval` both use this class, so they give
 * the same number.
 */
export class SeriesScorer {
  readonly programs: Readonly<Record<SeriesScorerProgram, readonly Operation[]>>;
  readonly #groups: readonly (readonly Stretch[])[];
  readonly #batchSize: number;
  readonly #steps: number;
  readonly #states: CarriedStates;
  readonly #unrolled: UnrolledNetwork;

  /** There must be at least one stretch. */
  constructor(layout: Layout, network: Network, stretches: readonly Stretch[]) {
    this.#groups = groupsOf(stretches, MOST_ROWS);
    this.#batchSize = this.#groups[0].length;
    this.#steps = Math.min(STEPS, groupSteps(this.#groups[0]));
    this.#states = network.carriedStates(this.#batchSize);
    this.#unrolled = new UnrolledNetwork(layout, network, {
      batch: this.#batchSize,
      steps: this.#steps,
      states: this.#states,
      head: EVERY_ROW,
    });
    this.programs = {
      prepareScoring: network.pack(),
      score: [
        ...this.#unrolled.loadStates(),
        ...this.#unrolled.forward(this.#steps),
        ...this.#unrolled.score(this.#steps),
        ...this.#unrolled.saveStates(this.#steps),
      ],
    };
  }

  /**
   * Scores with the present weights of the engine. Returns the mean of the squared errors of all standardised numbers,
   * and how many rows were predicted. Calls `progress` with the number of steps that are done.
   */
  async score(
    engine: Engine<SeriesScorerProgram>,
    onRow: OnRow,
    progress?: (done: number, total: number) => void,
  ): Promise<{ loss: number; rows: number }> {
    const { losses, logits } = this.#unrolled;
    const w = width(logits);
    const filler = new StretchFiller({ batchSize: this.#batchSize, width: w, steps: this.#steps });
    const total = this.#groups.reduce((sum, group) => sum + groupSteps(group), 0);
    let [loss, rows, done] = [0, 0, 0];
    await engine.run("prepareScoring");
    for (const group of this.#groups) {
      for (const tensor of this.#states.flat()) engine.write(tensor, new Float32Array(tensor.size));
      for (let first = 0; first < groupSteps(group); first += this.#steps) {
        rows += filler.fill(group, first).counted;
        this.#write(engine, filler);
        await engine.run("score");
        const [rowLosses, outputs] = [await engine.read(losses), await engine.read(logits)];
        filler.values.weights.forEach((weight, place) => {
          if (weight === 0) return;
          loss += rowLosses[place];
          const { series, from } = group[place % this.#batchSize];
          const row = from + first + Math.floor(place / this.#batchSize) + 1;
          onRow(series, row, outputs.subarray(place * w, (place + 1) * w));
        });
        progress?.((done += Math.min(this.#steps, groupSteps(group) - first)), total);
      }
    }
    return { loss: loss / (rows * w), rows };
  }

  #write(engine: Engine<SeriesScorerProgram>, { values }: StretchFiller): void {
    const { inputs, targets, weights } = this.#unrolled;
    engine.write(inputs, values.inputs);
    engine.write(targets, values.targets);
    if (weights) engine.write(weights, values.weights);
  }
}
