import { type Checkpoint } from "../checkpoint/format.ts";
import { type EngineOptions } from "../engine/engines.ts";
import { type Tensor } from "../engine/tensor.ts";
import { cells } from "../model/cells/index.ts";
import { type NetworkSizes } from "../model/shapes.ts";
import { formatUnit } from "../model/unit-names.ts";
import { withScorer } from "../tasks/language-model/open-scorer.ts";
import { type OnCharacter, type ReadChunk } from "../tasks/language-model/scorer.ts";
import { planSegments, together } from "../tasks/language-model/segments.ts";
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

/** A unit of a recording by its name. */
export interface NamedUnit {
  /** `c:0:42` */
  readonly name: string;
  readonly layer: number;
  readonly isGate: boolean;
  readonly values: Float32Array;
}

/** All units of a recording, layer by layer. */
export function namedUnits({ states }: Recording): NamedUnit[] {
  return states.flatMap(({ state, layer, isGate, units }) =>
    units.map((values, unit) => ({ name: formatUnit({ state, layer, unit }), layer, isGate, values })),
  );
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
  const sink = new Sink(model, text.length, gates);
  const plan = together(planSegments(text.length));
  await withScorer({ model, parameters }, sizes, plan, options, async (scorer, engine) => {
    const valuesOf = async (tensor: Tensor) => (await engine.read(tensor)) as Float32Array;
    await scorer.score(engine, text, {
      onCharacter: sink.addLoss,
      onChunk: async (chunk) => {
        for (const [layer, [cell]] of scorer.cells.entries()) {
          for (const [index, state] of cell.states.entries()) {
            sink.addState(layer, index, await valuesOf(state), chunk);
          }
          sink.addGates(layer, await valuesOf(cell.gates), chunk);
        }
      },
      ...(progress && { progress }),
    });
  });
  return sink.finish();
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

  readonly addLoss: OnCharacter = (position, loss) => {
    this.#losses[position] = loss;
  };

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

  /** Calls `visit` with each place t * B + b that is not in a warm-up, and the position of the character read there. */
  #forEachKept(
    { segments, first, steps }: ReadChunk,
    visit: (place: number, position: number) => void,
  ): void {
    segments.forEach(({ warmupStart, start, end }, b) => {
      const from = warmupStart + first;
      // The last character of a segment is only predicted.
      for (let position = Math.max(from, start - 1); position < Math.min(from + steps, end - 1); position++) {
        visit((position - from) * segments.length + b, position);
      }
    });
  }
}
