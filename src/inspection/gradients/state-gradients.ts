import { type Checkpoint } from "../../checkpoint/format.ts";
import { type Engine, type Programs } from "../../engine/engine.ts";
import { openEngine, type EngineOptions } from "../../engine/engines.ts";
import { Layout, width } from "../../engine/tensor.ts";
import { Network, type CarriedStates } from "../../model/network.ts";
import { type Direction } from "../../model/shapes.ts";
import { UnrolledNetwork } from "../../model/unrolled-network.ts";
import { UnrolledStack } from "../../model/unrolled-stack.ts";
import { writeStored } from "../../model/weights.ts";
import { MOST_LAG, type LossRows } from "./rows.ts";

/** The size of the gradient of a loss with respect to one state of one layer, by lag. */
export interface StateGradient {
  /** `h`: the hidden state. `c`: the cell state of an LSTM. */
  readonly state: string;
  /** From 0. */
  readonly layer: number;
  /** Present in a bidirectional layer. */
  readonly direction?: Direction;
  /**
   * For each lag k from 0: the mean of the 2-norm of dL_t / ds_t-k over the rows that have the lag. NaN if none has it,
   * and Infinity if it is too large for a number.
   */
  readonly mean: readonly number[];
  /** The standard deviation of these norms. */
  readonly spread: readonly number[];
}

export interface StateGradientOptions extends EngineOptions {
  /** Called with the rows that are done. It may throw to end the work. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

/** The network to measure. */
export type MeasuredModel = Pick<Checkpoint, "model" | "parameters">;

/** Enough rows to keep a CPU's matrix units busy. */
const MOST_ROWS = 64;
/** The most elements of all recorded gradients. They take 256 MB. */
const MOST_RECORDED = 2 ** 26;
/** The steps of one run of the warm-up. */
const WARMUP_STEPS = 50;

/**
 * The losses are multiplied by these numbers, because the smallest float32 is about 1e-38. The first factor lets the
 * measured norms be as small as 1e-50. The others are for gradients that are too large with the one before.
 */
const FACTORS = [2 ** 40, 1, 2 ** -40];

/**
 * Measures how the gradient of a loss shrinks or grows on its way back through time. The result for a state and a lag k
 * is the size of dL_t / ds_t-k, where L_t is the loss of a row's last step. A state acts on the loss on every way: a cell
 * state, for example, through the hidden state of its own step and through the next cell state. Dropout is off.
 * @throws CharrnnError if the engine cannot run here or there is too little memory
 */
export async function measureStateGradients(
  model: MeasuredModel,
  rows: LossRows,
  { progress, ...options }: StateGradientOptions = {},
): Promise<StateGradient[]> {
  const laid = new StateGradientLayout(model, rows);
  const engine = await openEngine(laid.layout, laid.programs, options);
  try {
    return await laid.measure(engine, model, progress);
  } finally {
    await engine.close();
  }
}

export type StateGradientProgram = "pack" | "warmUp" | "measure";

/** A network laid out to measure the gradients of its states. */
export class StateGradientLayout {
  readonly layout = new Layout();
  readonly programs: Programs<StateGradientProgram>;
  readonly #rows: LossRows;
  readonly #batchSize: number;
  readonly #network: Network;
  readonly #states: CarriedStates | undefined;
  readonly #warmUp: UnrolledStack | undefined;
  readonly #unrolled: UnrolledNetwork;
  readonly #records: ReturnType<UnrolledNetwork["stateRecords"]>;

  constructor({ model }: Pick<MeasuredModel, "model">, rows: LossRows) {
    const { layout } = this;
    this.#rows = rows;
    const { steps, head } = rows;
    this.#network = new Network(layout, { ...model, dropout: 0 }, rows.network, { training: true });
    const { top } = this.#network;
    const recorded = steps * model.hidden * model.layers * top.directions.length * top.cell.states.length;
    const batch = Math.max(1, Math.min(MOST_ROWS, rows.count, Math.floor(MOST_RECORDED / recorded)));
    this.#batchSize = batch;
    if (rows.before) {
      const states = this.#network.carriedStates(batch);
      this.#states = states;
      this.#warmUp = new UnrolledStack(layout, top, { batch, steps: WARMUP_STEPS, states });
    }
    const training = { clock: layout.tensor([1], "int32"), seed: 0 };
    const states = this.#states;
    this.#unrolled = new UnrolledNetwork(layout, this.#network, {
      batch,
      steps,
      training,
      head,
      ...(states && { states }),
    });
    this.#records = this.#unrolled.stateRecords(layout);
    this.programs = this.#layPrograms();
  }

  #layPrograms(): Programs<StateGradientProgram> {
    const { steps } = this.#rows;
    const [warmUp, unrolled] = [this.#warmUp, this.#unrolled];
    return {
      pack: this.#network.pack(),
      warmUp: warmUp
        ? [...warmUp.loadStates(), ...warmUp.forward(WARMUP_STEPS), ...warmUp.saveStates(WARMUP_STEPS)]
        : [],
      measure: [
        ...unrolled.loadStates(),
        ...unrolled.forward(steps),
        ...unrolled.backwardToStates(steps, this.#records),
      ],
    };
  }

  /** Measures with the weights of `model`. */
  async measure(
    engine: Engine<StateGradientProgram>,
    model: Pick<MeasuredModel, "parameters">,
    progress?: (done: number, total: number) => void,
  ): Promise<StateGradient[]> {
    writeStored(engine, this.#network.parameters, model.parameters);
    for (const tensor of this.#records.flat().flatMap(({ others }) => others?.ones ?? [])) {
      engine.write(tensor, new Float32Array(tensor.size).fill(1));
    }
    await engine.run("pack");
    const { count } = this.#rows;
    const norms = this.#tensors().map((kind) => ({ ...kind, rows: [] as Float64Array[] }));
    for (let from = 0; from < count; from += this.#batchSize) {
      const length = Math.min(this.#batchSize, count - from);
      const batch = Int32Array.from({ length }, (_, b) => from + b);
      await this.#warm(engine, batch);
      const measured = await this.#measureBatch(engine, batch);
      norms.forEach(({ rows }, index) => rows.push(...measured[index]));
      progress?.(from + length, count);
    }
    return norms.map(({ rows, state, layer, direction }) => ({
      state,
      layer,
      ...(direction && { direction }),
      ...statisticsOf(rows),
    }));
  }

  /** All recorded states, layer by layer. */
  #tensors() {
    const { cell, directions } = this.#network.top;
    const both = directions.length > 1;
    return this.#records.flatMap((passes, layer) =>
      passes.flatMap(({ gradients }, pass) =>
        gradients.map((tensor, index) => ({
          tensor,
          layer,
          state: cell.states[index][0],
          direction: both ? directions[pass] : undefined,
        })),
      ),
    );
  }

  /** Sets the carried states to those after the symbols before each row. */
  async #warm(engine: Engine<StateGradientProgram>, batch: Int32Array): Promise<void> {
    const [states, warmUp, { before }] = [this.#states?.flat(), this.#warmUp, this.#rows];
    if (states === undefined || warmUp === undefined || before === undefined) return;
    const B = this.#batchSize;
    const symbols = Array.from(batch, before);
    const runs = symbols.map(({ length }) => Math.floor(length / WARMUP_STEPS));
    const total = Math.max(...runs);
    const inputs = new Int32Array(WARMUP_STEPS * B);
    for (let run = 0; run <= total; run++) {
      // A row with fewer symbols before it starts later. Until then, its states are of no use.
      for (const state of states) {
        const values = await engine.read(state);
        runs.forEach((own, b) => {
          if (total - own === run) values.fill(0, b * width(state), (b + 1) * width(state));
        });
        engine.write(state, values);
      }
      if (run === total) return;
      inputs.fill(0);
      symbols.forEach((row, b) => {
        const start = row.length - (total - run) * WARMUP_STEPS;
        for (let t = 0; t < WARMUP_STEPS && start >= 0; t++) inputs[t * B + b] = row[start + t];
      });
      engine.write(warmUp.inputs, inputs);
      await engine.run("warmUp");
    }
  }

  /** For each recorded state and each row of the batch: the norms by lag. */
  async #measureBatch(engine: Engine<StateGradientProgram>, batch: Int32Array): Promise<Float64Array[][]> {
    const { inputs, targets, weights, indices, counted } = this.#unrolled;
    const values = this.#rows.fill(batch, this.#batchSize);
    const tensors = { inputs, targets, ...(weights && { weights }), ...indices };
    for (const [name, tensor] of Object.entries(tensors)) engine.write(tensor, values[name]);
    let measured: Float64Array[][] = [];
    for (const factor of FACTORS) {
      engine.write(counted, [1 / factor]);
      await engine.run("measure");
      measured = [];
      for (const { tensor } of this.#tensors()) {
        measured.push(this.#normsIn(await engine.read(tensor), batch, factor));
      }
      if (measured.flat().every((norms) => norms.every((norm) => Number.isFinite(norm)))) break;
    }
    return measured;
  }

  /** The norms by lag in the gradients [T, B, H] of a state, for each row of the batch. */
  #normsIn(gradients: ArrayLike<number>, batch: Int32Array, factor: number): Float64Array[] {
    const B = this.#batchSize;
    const H = gradients.length / (this.#rows.steps * B);
    return Array.from(batch, (row, b) => {
      const length = this.#rows.lengthOf(row);
      return Float64Array.from({ length: Math.min(length, MOST_LAG + 1) }, (_, lag) => {
        const start = ((length - 1 - lag) * B + b) * H;
        let sum = 0;
        for (let i = start; i < start + H; i++) sum += (gradients[i] / factor) ** 2;
        const norm = Math.sqrt(sum);
        return Number.isNaN(norm) ? Infinity : norm;
      });
    });
  }
}

/** The mean and the standard deviation for each lag. A row has as many lags as it has steps. */
function statisticsOf(rows: readonly Float64Array[]): Pick<StateGradient, "mean" | "spread"> {
  const lags = Array.from({ length: MOST_LAG + 1 }, (_, lag) => {
    const norms = rows.filter(({ length }) => lag < length).map((row) => row[lag]);
    const average = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
    const mean = average(norms);
    return { mean, spread: Math.sqrt(average(norms.map((norm) => (norm - mean) ** 2))) };
  });
  return { mean: lags.map(({ mean }) => mean), spread: lags.map(({ spread }) => spread) };
}
