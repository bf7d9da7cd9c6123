import { type Checkpoint } from "../checkpoint/format.ts";
import { openEngine, type EngineOptions } from "../engine/engines.ts";
import { Layout, type Tensor } from "../engine/tensor.ts";
import { cells } from "../model/cells/index.ts";
import { Network } from "../model/network.ts";
import { type NetworkSizes } from "../model/shapes.ts";
import { UnrolledNetwork } from "../model/unrolled-network.ts";
import { writeStored } from "../model/weights.ts";
import { planSegments, runLength, together, type Segment } from "../tasks/language-model/segments.ts";
import { type Symbols } from "../text/symbols.ts";

/**
 * The activations of the H units of one state (or gate) of one layer: an array for each unit, with a value for each
 * character.
 */
export interface StateRecording {
  /** `h`: the hidden state. `c`: the cell state of an LSTM. Gates have the letters of the cell's equations. */
  readonly state: string;
  readonly isGate: boolean;
  readonly layer: number;
  readonly units: readonly Float32Array[];
}

/** How often the units of one gate of one layer are nearly closed or nearly open: a share of the time for each unit. */
export interface GateSaturation {
  readonly layer: number;
  readonly gate: string;
  /** The share of the time below .1, and the share above .9. */
  readonly under: Float64Array;
  readonly over: Float64Array;
}

/** What a network computes while it reads a text. */
export interface Recording {
  /**
   * The states after each character that was read: all characters of the text but the last one, which is only predicted.
   */
  readonly states: readonly StateRecording[];
  readonly saturation: readonly GateSaturation[];
  /** The loss of each character in nats. The first one is not predicted and has NaN. */
  readonly losses: Float32Array;
}

export interface RecordOptions extends EngineOptions {
  /** Whether the gates are recorded too, not only how often they are saturated. */
  readonly gates?: boolean | undefined;
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

const NEARLY_CLOSED = 0.1;
const NEARLY_OPEN = 0.9;

/**
 * Reads a text and records the states of all layers. The text is cut into segments that are read side by side, each with
 * a warm-up, as `charrnn eval` does.
 * @throws CharrnnError if the engine cannot run here or there is too little memory
 */
export async function record(
  { model, parameters }: Pick<Checkpoint, "model" | "parameters">,
  sizes: NetworkSizes,
  text: Symbols,
  { progress, gates = false, ...options }: RecordOptions = {},
): Promise<Recording> {
  const segments = planSegments(text.length);
  const [steps] = together(segments).lengths;
  const layout = new Layout();
  const network = new Network(layout, { ...model, dropout: 0 }, sizes, { training: false });
  const carried = network.carriedStates(segments.length);
  const unrolled = new UnrolledNetwork(layout, network, { batch: segments.length, steps, states: carried });
  const read = [
    ...unrolled.loadStates(),
    ...unrolled.forward(steps),
    ...unrolled.score(steps),
    ...unrolled.saveStates(steps),
  ];
  const engine = await openEngine(layout, { pack: network.pack(), read }, options);
  try {
    writeStored(engine, network.parameters, parameters);
    await engine.run("pack");
    const sink = new Sink(model, text.length, gates);
    const total = runLength(segments);
    for (let first = 0; first < total; first += steps) {
      progress?.(first, total);
      const chunk = { segments, first, steps };
      const { inputs, targets } = symbolsOf(text, chunk);
      engine.write(unrolled.inputs, inputs);
      engine.write(unrolled.targets, targets);
      await engine.run("read");
      const valuesOf = async (tensor: Tensor) => (await engine.read(tensor)) as Float32Array;
      for (const [layer, [cell]] of unrolled.cells.entries()) {
        for (const [index, state] of cell.states.entries()) {
          sink.addState(layer, index, await valuesOf(state), chunk);
        }
        sink.addGates(layer, await valuesOf(cell.gates), chunk);
      }
      sink.addLosses(await valuesOf(unrolled.losses), chunk);
    }
    return sink.finish();
  } finally {
    await engine.close();
  }
}

/** Some time steps of all segments. */
interface ReadChunk {
  readonly segments: readonly Segment[];
  /** The number of steps that each segment has read before. */
  readonly first: number;
  readonly steps: number;
}

/** The inputs and targets [T, B] of a chunk. A target that is not scored is -1. */
function symbolsOf(text: Symbols, { segments, first, steps }: ReadChunk) {
  const B = segments.length;
  const inputs = new Int32Array(steps * B);
  const targets = new Int32Array(steps * B).fill(-1);
  forEachPlace({ segments, first, steps }, (t, b, position) => {
    inputs[t * B + b] = text.at(position);
    if (position + 1 >= segments[b].start) targets[t * B + b] = text.at(position + 1);
  });
  return { inputs, targets };
}

/** Calls `visit` with each time step and row, and with the position of the character that is read there. */
function forEachPlace(
  { segments, first, steps }: ReadChunk,
  visit: (t: number, b: number, position: number) => void,
): void {
  segments.forEach(({ warmupStart, end }, b) => {
    for (let t = 0; t < steps; t++) {
      const position = warmupStart + first + t;
      if (position + 1 >= end) return;
      visit(t, b, position);
    }
  });
}

/** Collects what the chunks of a text compute. The warm-up of a segment is left out. */
class Sink {
  readonly #states: readonly (StateRecording & { readonly index: number })[];
  readonly #saturation: readonly (GateSaturation & { readonly index: number })[];
  readonly #losses: Float32Array;
  readonly #hidden: number;
  readonly #gateCount: number;

  constructor({ cell, layers, hidden }: Checkpoint["model"], length: number, gates: boolean) {
    const { stateLetters, gateLetters, sigmoids } = cells[cell];
    const eachLayer = Array.from({ length: layers }, (_, layer) => layer);
    this.#hidden = hidden;
    this.#gateCount = gateLetters.length;
    this.#states = eachLayer.flatMap((layer) => {
      const recording = (isGate: boolean) => (state: string, index: number) => {
        const units = Array.from({ length: hidden }, () => new Float32Array(length - 1));
        return { state, isGate, layer, index, units };
      };
      return [...stateLetters.map(recording(false)), ...(gates ? gateLetters.map(recording(true)) : [])];
    });
    this.#saturation = eachLayer.flatMap((layer) =>
      gateLetters.flatMap((gate, index) =>
        sigmoids.includes(gate)
          ? [{ layer, gate, index, under: new Float64Array(hidden), over: new Float64Array(hidden) }]
          : [],
      ),
    );
    this.#losses = new Float32Array(length).fill(NaN);
  }

  /** `values`: [T+1, B, H]. Entry 0 is the state before the chunk. */
  addState(layer: number, index: number, values: Float32Array, chunk: ReadChunk): void {
    const H = this.#hidden;
    const after = values.subarray(chunk.segments.length * H);
    for (const { units } of this.#of(layer, false).filter((state) => state.index === index)) {
      this.#forEachKept(chunk, (place, position) => {
        for (let unit = 0; unit < H; unit++) units[unit][position] = after[place * H + unit];
      });
    }
  }

  /** `values`: [T, B, G*H], after the activation functions. */
  addGates(layer: number, values: Float32Array, chunk: ReadChunk): void {
    const H = this.#hidden;
    for (const { index, units } of this.#of(layer, true)) {
      this.#forEachKept(chunk, (place, position) => {
        const row = (place * this.#gateCount + index) * H;
        for (let unit = 0; unit < H; unit++) units[unit][position] = values[row + unit];
      });
    }
    for (const { index, under, over } of this.#saturation.filter((gate) => gate.layer === layer)) {
      this.#forEachKept(chunk, (place) => {
        const row = (place * this.#gateCount + index) * H;
        for (let unit = 0; unit < H; unit++) {
          if (values[row + unit] < NEARLY_CLOSED) under[unit] += 1;
          else if (values[row + unit] > NEARLY_OPEN) over[unit] += 1;
        }
      });
    }
  }

  /** `values`: [T, B] */
  addLosses(values: Float32Array, chunk: ReadChunk): void {
    this.#forEachKept(chunk, (place, position) => (this.#losses[position + 1] = values[place]));
  }

  finish(): Recording {
    const length = this.#losses.length - 1;
    const shares = (counts: Float64Array) => counts.map((count) => count / length);
    return {
      states: this.#states.map(({ state, isGate, layer, units }) => ({ state, isGate, layer, units })),
      saturation: this.#saturation.map(({ layer, gate, under, over }) => ({
        layer,
        gate,
        under: shares(under),
        over: shares(over),
      })),
      losses: this.#losses,
    };
  }

  #of(layer: number, isGate: boolean) {
    return this.#states.filter((state) => state.layer === layer && state.isGate === isGate);
  }

  /** Calls `visit` with each place t * B + b that is not in a warm-up, and the position of its character. */
  #forEachKept(chunk: ReadChunk, visit: (place: number, position: number) => void): void {
    const B = chunk.segments.length;
    forEachPlace(chunk, (t, b, position) => {
      const { start } = chunk.segments[b];
      if (position + 1 >= start) visit(t * B + b, position);
    });
  }
}
