import { type Engine } from "../../engine/engine.ts";
import { type Operation } from "../../engine/operation.ts";
import { type Layout } from "../../engine/tensor.ts";
import { type CarriedStates, type Network } from "../../model/network.ts";
import { UnrolledNetwork } from "../../model/unrolled-network.ts";
import { type Segment } from "./segments.ts";
import { type Symbols } from "../../text/symbols.ts";

/** How many time steps one run of the program scores. With 50, the fixed cost of starting a program is small. */
const STEPS = 50;

/** The score of a model on a text. */
export interface Score {
  /** Mean loss in nats per character. */
  readonly loss: number;
  /** How many characters were scored: all except the first. */
  readonly characters: number;
  /** For how many of them the model's likeliest symbol was right. The unknown symbol is never right. */
  readonly correct: number;
  /** The characters that are not the unknown symbol. Without any, their mean loss is NaN. */
  readonly known: { readonly loss: number; readonly characters: number };
}

/** Called for every scored character, in the order of scoring: by steps, then by segments. */
export type OnCharacter = (position: number, loss: number) => void;

export type ScorerProgram = "prepareScoring" | "score";

/**
 * Scores a text by its segments. Each segment is a row of the batch. Before a segment is scored, the model reads some
 * symbols before it (the warm-up). Validation and `charrnn eval` both use this class, so they give the same number. The
 * scorer has its own states and never changes the states of training.
 */
export class Scorer {
  readonly programs: Readonly<Record<ScorerProgram, readonly Operation[]>>;
  readonly #segments: readonly Segment[];
  readonly #steps: number;
  readonly #states: CarriedStates;
  readonly #unrolled: UnrolledNetwork;

  constructor(layout: Layout, network: Network, segments: readonly Segment[]) {
    this.#segments = segments;
    this.#steps = Math.min(STEPS, runLength(segments));
    this.#states = network.carriedStates(segments.length);
    this.#unrolled = new UnrolledNetwork(layout, network, {
      batch: segments.length,
      steps: this.#steps,
      states: this.#states,
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
   * Scores the text that the segments belong to, with the present weights of the engine. `unknown` is the index of the
   * unknown symbol. Calls `progress` with the number of steps that are done.
   */
  async score(
    engine: Engine<ScorerProgram>,
    text: Symbols,
    {
      unknown,
      onCharacter,
      progress,
    }: {
      unknown?: number | undefined;
      onCharacter?: OnCharacter;
      progress?: (done: number, total: number) => void;
    } = {},
  ): Promise<Score> {
    for (const tensor of this.#states.flat()) engine.write(tensor, new Float32Array(tensor.size));
    await engine.run("prepareScoring");
    const total = runLength(this.#segments);
    const rows = this.#segments.map(() => ({
      loss: 0,
      characters: 0,
      correct: 0,
      knownLoss: 0,
      knownCharacters: 0,
    }));
    for (let done = 0; done < total; done += this.#steps) {
      const targets = this.#fill(engine, text, done);
      await engine.run("score");
      const losses = await engine.read(this.#unrolled.losses);
      const predictions = await engine.read(this.#unrolled.predictions);
      for (let i = 0; i < targets.length; i++) {
        if (targets[i] < 0) continue;
        const b = i % rows.length;
        rows[b].loss += losses[i];
        rows[b].characters += 1;
        if (targets[i] !== unknown) {
          rows[b].correct += Number(predictions[i] === targets[i]);
          rows[b].knownLoss += losses[i];
          rows[b].knownCharacters += 1;
        }
        onCharacter?.(this.#segments[b].warmupStart + done + Math.floor(i / rows.length) + 1, losses[i]);
      }
      progress?.(Math.min(done + this.#steps, total), total);
    }
    const sum = (key: keyof (typeof rows)[number]) => rows.reduce((running, row) => running + row[key], 0);
    const [characters, knownCharacters] = [sum("characters"), sum("knownCharacters")];
    return {
      loss: sum("loss") / characters,
      characters,
      correct: sum("correct"),
      known: { loss: sum("knownLoss") / knownCharacters, characters: knownCharacters },
    };
  }

  /** Writes the inputs and targets of the time steps from `first` on. A target that is not scored is -1. */
  #fill(engine: Engine, text: Symbols, first: number): Int32Array {
    const B = this.#segments.length;
    const inputs = new Int32Array(this.#steps * B);
    const targets = new Int32Array(this.#steps * B).fill(-1);
    const row = new Int32Array(this.#steps + 1);
    this.#segments.forEach(({ warmupStart, start, end }, b) => {
      const from = warmupStart + first;
      const to = Math.min(from + this.#steps + 1, end);
      if (to - from < 2) return;
      text.copyTo(row, 0, from, to);
      for (let t = 0; from + t + 1 < to; t++) {
        inputs[t * B + b] = row[t];
        if (from + t + 1 >= start) targets[t * B + b] = row[t + 1];
      }
    });
    engine.write(this.#unrolled.inputs, inputs);
    engine.write(this.#unrolled.targets, targets);
    return targets;
  }
}

/** The number of time steps of the longest segment, with its warm-up. */
function runLength(segments: readonly Segment[]): number {
  return Math.max(...segments.map(({ warmupStart, end }) => end - 1 - warmupStart));
}
