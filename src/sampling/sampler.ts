import { type Engine } from "../engine/engine.ts";
import { openEngine, type EngineOptions } from "../engine/engines.ts";
import { Layout, width, type Tensor } from "../engine/tensor.ts";
import { type Clamp } from "../model/clamp.ts";
import { Network, type CarriedStates, type ModelConfig } from "../model/network.ts";
import { type NetworkSizes } from "../model/shapes.ts";
import { UnrolledNetwork } from "../model/unrolled-network.ts";
import { writeStored, type StoredValues } from "../model/weights.ts";

type Program = "prepare" | "step";

/** A network that reads one symbol at a time in each row of its batch. All sampling uses this class. */
export class Sampler {
  readonly #engine: Engine<Program>;
  readonly #inputs: Tensor;
  readonly #logits: Tensor;
  readonly #states: CarriedStates;

  private constructor(engine: Engine<Program>, unrolled: UnrolledNetwork, states: CarriedStates) {
    this.#engine = engine;
    this.#inputs = unrolled.inputs;
    this.#logits = unrolled.logits;
    this.#states = states;
  }

  /**
   * `clamps`: units that keep a value.
   * @throws UsageError if the network has no such unit
   * @throws CharrnnError if the engine cannot run here, there is too little memory, or a parameter is missing
   */
  static async open(
    config: ModelConfig,
    sizes: NetworkSizes,
    parameters: ReadonlyMap<string, Pick<StoredValues, "data">>,
    { rows, clamps, ...options }: EngineOptions & { rows: number; clamps?: readonly Clamp[] | undefined },
  ): Promise<Sampler> {
    const layout = new Layout();
    const network = new Network(layout, config, sizes, { training: false });
    const states = network.carriedStates(rows);
    const unrolled = new UnrolledNetwork(layout, network, {
      batch: rows,
      steps: 1,
      states,
      clamps: clamps ?? [],
    });
    const step = [...unrolled.loadStates(), ...unrolled.forward(1), ...unrolled.saveStates(1)];
    const engine = await openEngine(
      layout,
      { prepare: network.pack(), step },
      { ...options, batchInvariant: true },
    );
    try {
      writeStored(engine, network.parameters, parameters);
      for (const { tensor, values } of unrolled.constants) engine.write(tensor, values);
      await engine.run("prepare");
    } catch (error) {
      await engine.close();
      throw error;
    }
    return new Sampler(engine, unrolled, states);
  }

  /** Starts every row from the zero state. */
  reset(): void {
    for (const tensor of this.#states.flat()) this.#engine.write(tensor, new Float32Array(tensor.size));
  }

  /** Starts some rows from the zero state. All other rows keep their states. */
  async resetRows(rows: readonly number[]): Promise<void> {
    if (rows.length === 0) return;
    for (const tensor of this.#states.flat()) {
      const values = await this.#engine.read(tensor);
      const hidden = width(tensor);
      for (const row of rows) values.fill(0, row * hidden, (row + 1) * hidden);
      this.#engine.write(tensor, values);
    }
  }

  /** Feeds each row its next symbol and returns the logits [rows, V] for the symbol after that. */
  async step(symbols: ArrayLike<number>): Promise<Float32Array | Float64Array> {
    this.#engine.write(this.#inputs, symbols);
    await this.#engine.run("step");
    return (await this.#engine.read(this.#logits)) as Float32Array | Float64Array;
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}
