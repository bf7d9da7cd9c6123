import { type Engine } from "../../engine/engine.ts";
import { type Operation } from "../../engine/operation.ts";
import { type Layout } from "../../engine/tensor.ts";
import { type CarriedStates, type Network } from "../../model/network.ts";
import { UnrolledNetwork } from "../../model/unrolled-network.ts";
import { chunkShape } from "../single-network.ts";
import { type Chunk } from "../task.ts";
import { EVERY_ROW } from "./series-scorer.ts";

export type RowProgram = "predictRow" | "dropRow";

/**
 * Reads a series row by row and predicts each next row. The reader keeps a window of the last `window` rows (W), and
 * the states before the window. A prediction reads the whole window with the present weights. If the weights never
 * change, a window of one row is enough.
 */
export class RowReader {
  readonly programs: Readonly<Record<RowProgram, readonly Operation[]>>;
  /** The states before the window. */
  readonly states: CarriedStates;
  readonly #unrolled: UnrolledNetwork;
  readonly #window: number;
  readonly #width: number;
  /** [W, columns]: the rows of the window, padded at its end. */
  readonly #rows: Float32Array;
  #count = 0;

  constructor(layout: Layout, network: Network, window: number) {
    const { inputs } = network.sizes;
    this.#window = window;
    this.#width = inputs;
    this.#rows = new Float32Array(window * inputs);
    this.states = network.carriedStates(1);
    this.#unrolled = new UnrolledNetwork(layout, network, {
      batch: 1,
      steps: window,
      states: this.states,
      head: EVERY_ROW,
    });
    this.programs = {
      predictRow: [...network.pack(), ...this.#unrolled.loadStates(), ...this.#unrolled.forward(window)],
      dropRow: this.#unrolled.saveStates(1),
    };
  }

  /** Begins a series: the window is empty, and the state before it is zero. */
  begin(engine: Engine<RowProgram>): void {
    for (const tensor of this.states.flat()) engine.write(tensor, new Float32Array(tensor.size));
    this.#rows.fill(0);
    this.#count = 0;
  }

  /** Reads a standardised row. Returns the outputs that predict the next row. */
  async read(engine: Engine<RowProgram>, row: ArrayLike<number>): Promise<ArrayLike<number>> {
    const w = this.#width;
    if (this.#count === this.#window) {
      // The state after the first row of the window, as the last prediction computed it.
      await engine.run("dropRow");
      this.#rows.copyWithin(0, w);
    } else {
      this.#count += 1;
    }
    const last = this.#count - 1;
    this.#rows.set(row, last * w);
    engine.write(this.#unrolled.inputs, this.#rows);
    await engine.run("predictRow");
    const outputs = await engine.read(this.#unrolled.logits);
    return outputs.subarray(last * w, (last + 1) * w);
  }

  /** A chunk that trains the prediction of the next row from the window. Undefined before the first row. */
  chunkFor(next: ArrayLike<number>): Chunk | undefined {
    if (this.#count === 0) return undefined;
    const last = this.#count - 1;
    const targets = new Float32Array(this.#rows.length);
    const weights = new Float32Array(this.#window);
    targets.set(next, last * this.#width);
    weights[last] = 1;
    return {
      shape: chunkShape(this.#window),
      fresh: false,
      inputs: { inputs: this.#rows, targets, weights },
      counted: this.#width,
      symbols: 1,
    };
  }
}
