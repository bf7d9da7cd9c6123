import { type Engine } from "../../engine/engine.ts";
import { type Operation } from "../../engine/operation.ts";
import { type Layout } from "../../engine/tensor.ts";
import { type RowClamp } from "../../model/clamp.ts";
import { type CarriedStates, type Network } from "../../model/network.ts";
import { UnrolledNetwork } from "../../model/unrolled-network.ts";
import { runLength, type ScoringPlan, type Segment } from "./segments.ts";
import { type Symbols } from "../../text/symbols.ts";

/** The score of a model on a text. */
export interface Score {
  /** The loss of all scored symbols in nats, divided by the characters. */
  readonly loss: number;
  /** How many characters were scored. */
  readonly characters: number;
  /** For how many of these characters the model's likeliest symbol was right. The unknown symbol is never right. */
  readonly correct: number;
  /** The characters that are not the unknown symbol. If there are no such characters, the loss is NaN. */
  readonly known: { readonly loss: number; readonly characters: number };
}

/**
 * Called for every scored symbol, in the order of scoring: by groups, by steps, then by segments. `segment` is the index
 * of the segment in its group.
 */
export type OnCharacter = (position: number, loss: number, segment: number) => void;

/** Some time steps of all segments of a group, which have just been read. */
export interface ReadChunk {
  readonly segments: readonly Segment[];
  /** The number of steps that each segment has read before. */
  readonly first: number;
  readonly steps: number;
}

export type ScorerProgram = "prepareScoring" | `score${number}`;

/**
 * Scores a text by its segments. Each segment is a row of the batch. Before a segment is scored, the model reads some
 * symbols in front of the segment (the warm-up). Validation and `charrnn eval` both use this class, so they give the
 * same number. The scorer has its own states and never changes the states of training.
 */
export class Scorer {
  readonly programs: Readonly<Record<ScorerProgram, readonly Operation[]>>;
  readonly #plan: ScoringPlan;
  readonly #rows: number;
  readonly #states: CarriedStates;
  readonly #unrolled: UnrolledNetwork;

  /** `clamps`: units that keep a value. The rows of the batch are the segments of a group. */
  constructor(layout: Layout, network: Network, plan: ScoringPlan, clamps: readonly RowClamp[] = []) {
    this.#plan = plan;
    this.#rows = plan.groups.reduce((most, { length }) => Math.max(most, length), 0);
    this.#states = network.carriedStates(this.#rows);
    const unrolled = new UnrolledNetwork(layout, network, {
      batch: this.#rows,
      steps: plan.lengths[plan.lengths.length - 1],
      states: this.#states,
      clamps,
    });
    this.#unrolled = unrolled;
    this.programs = {
      prepareScoring: network.pack(),
      ...Object.fromEntries(
        plan.lengths.map((steps) => [
          `score${steps}`,
          [
            ...unrolled.loadStates(),
            ...unrolled.forward(steps),
            ...unrolled.score(steps),
            ...unrolled.saveStates(steps),
          ],
        ]),
      ),
    };
  }

  /** The cells of each layer, one for each direction. After a chunk they hold its states and gates. */
  get cells(): UnrolledNetwork["cells"] {
    return this.#unrolled.cells;
  }

  /**
   * Scores the text that the segments belong to, with the present weights of the engine. `unknown` is the index of the
   * unknown symbol. `uncounted` is a symbol that is scored but is no character. Calls `onChunk` after each chunk, whose states the engine then holds, and `progress` with the number of steps
   * that are done.
   */
  async score(
    engine: Engine<ScorerProgram>,
    text: Symbols,
    {
      unknown,
      uncounted,
      onCharacter,
      onChunk,
      progress,
    }: {
      unknown?: number | undefined;
      uncounted?: number | undefined;
      onCharacter?: OnCharacter;
      onChunk?: (chunk: ReadChunk) => Promise<void>;
      progress?: (done: number, total: number) => void;
    } = {},
  ): Promise<Score> {
    for (const { tensor, values } of this.#unrolled.constants) engine.write(tensor, values);
    await engine.run("prepareScoring");
    const { groups } = this.#plan;
    const total = groups.reduce((sum, segments) => sum + runLength(segments), 0);
    const B = this.#rows;
    const rows = Array.from({ length: B }, () => ({
      loss: 0,
      characters: 0,
      correct: 0,
      knownLoss: 0,
      knownCharacters: 0,
    }));
    let before = 0;
    for (const segments of groups) {
      for (const tensor of this.#states.flat()) engine.write(tensor, new Float32Array(tensor.size));
      const length = runLength(segments);
      for (let done = 0; done < length;) {
        const steps = this.#stepsFor(length - done);
        const targets = this.#fill(engine, text, segments, { first: done, steps });
        await engine.run(`score${steps}`);
        await onChunk?.({ segments, first: done, steps });
        const losses = await engine.read(this.#unrolled.losses);
        const predictions = await engine.read(this.#unrolled.predictions);
        for (let i = 0; i < targets.length; i++) {
          if (targets[i] < 0) continue;
          const b = i % B;
          rows[b].loss += losses[i];
          onCharacter?.(segments[b].warmupStart + done + Math.floor(i / B) + 1, losses[i], b);
          if (targets[i] === uncounted) continue;
          rows[b].characters += 1;
          if (targets[i] === unknown) continue;
          rows[b].correct += Number(predictions[i] === targets[i]);
          rows[b].knownLoss += losses[i];
          rows[b].knownCharacters += 1;
        }
        done += steps;
        progress?.(before + Math.min(done, length), total);
      }
      before += length;
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

  /**
   * The length of the next run if `left` steps are left: the shortest length that holds these steps, or else the
   * longest length.
   */
  #stepsFor(left: number): number {
    const { lengths } = this.#plan;
    return lengths.find((steps) => steps >= left) ?? lengths[lengths.length - 1];
  }

  /** Writes the inputs and targets of the time steps from `first` on. A target that is not scored is -1. */
  #fill(
    engine: Engine,
    text: Symbols,
    segments: readonly Segment[],
    { first, steps }: { first: number; steps: number },
  ): Int32Array {
    const B = this.#rows;
    const inputs = new Int32Array(steps * B);
    const targets = new Int32Array(steps * B).fill(-1);
    const row = new Int32Array(steps + 1);
    segments.forEach(({ warmupStart, start, end }, b) => {
      const from = warmupStart + first;
      const to = Math.min(from + steps + 1, end);
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
