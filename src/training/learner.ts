import type { Engine, EngineName } from "../engine/engine.ts";
import { openEngine, type EngineOptions } from "../engine/open.ts";
import type { Operation } from "../engine/operation.ts";
import { Layout, slice } from "../engine/tensor.ts";
import { Scorer, type Score, type ScorerProgram } from "../evaluation/scorer.ts";
import { Network, type CarriedStates, type ModelConfig } from "../model/network.ts";
import { type NetworkSizes } from "../model/shapes.ts";
import { UnrolledNetwork } from "../model/unrolled-network.ts";
import { readStored, writeStored, type StoredTensor, type StoredValues } from "../model/weights.ts";
import type { Segment } from "../text/segments.ts";
import type { Symbols } from "../text/symbols.ts";
import { diagnose, type Diagnosis } from "./diagnosis.ts";
import { Optimizer, type Assessment, type OptimizerOptions } from "./optimizer.ts";
import { Slot } from "./slot.ts";

/** What one update learns from: inputs and targets, time-major [T, B], of `steps` <= T steps. */
export interface Chunk {
  readonly steps: number;
  /** Whether it starts from the zero state, as an epoch does, and not from what the last chunk left. */
  readonly fresh: boolean;
  readonly inputs: Int32Array;
  readonly targets: Int32Array;
  /** How many targets count: those that are not below 0. */
  readonly counted: number;
}

export interface LearnerOptions extends OptimizerOptions {
  readonly batchSize: number;
  readonly seqLength: number;
  readonly seed: number;
}

export interface LearnerPlan {
  readonly config: ModelConfig;
  readonly sizes: NetworkSizes;
  readonly options: LearnerOptions;
  /** The lengths of chunks there will be: seqLength and, where it is shorter, the last of an epoch. */
  readonly chunkSteps: readonly number[];
  /** How the validation split is scored; empty where there is none. */
  readonly segments: readonly Segment[];
}

type UpdateProgram = "zeroStates" | `load${number}` | `update${number}` | `keep${number}`;
export type LearnerProgram = ScorerProgram | UpdateProgram | `forward${number}`;

/** A network, its optimizer and its scorer laid out in memory that need not exist yet. */
export class LearnerLayout {
  readonly layout = new Layout();
  readonly network: Network;
  readonly optimizer: Optimizer;
  readonly states: CarriedStates;
  readonly unrolled: UnrolledNetwork;
  readonly scorer: Scorer | undefined;
  readonly slots: readonly Slot[];
  readonly programs: Record<LearnerProgram, readonly Operation[]>;

  constructor({ config, sizes, options, chunkSteps, segments }: LearnerPlan) {
    const { layout } = this;
    const { batchSize: batch, seqLength: steps, seed } = options;
    this.network = new Network(layout, config, sizes, { training: true });
    this.optimizer = new Optimizer(layout, this.network, options);
    this.states = this.network.carriedStates(batch);
    const clock = layout.tensor([1], "int32");
    // Training and validation take turns, so that their activations share one place.
    const shared = layout.mark();
    this.unrolled = new UnrolledNetwork(layout, this.network, {
      batch,
      steps,
      states: this.states,
      training: { seed, clock },
    });
    const { inputs, targets, counted } = this.unrolled;
    const { rates, status } = this.optimizer;
    this.slots = [0, 1].map(() => new Slot(layout, { inputs, targets, counted, clock, rates, status }));
    layout.rewind(shared);
    this.scorer = segments.length > 0 ? new Scorer(layout, this.network, segments) : undefined;
    const byLength = chunkSteps.flatMap((length): [LearnerProgram, Operation[]][] => [
      [`update${length}`, this.#update(length)],
      [`forward${length}`, [...this.#forward(length), ...this.unrolled.score(length)]],
    ]);
    const bySlot = this.slots.flatMap(({ load, keep }, index): [LearnerProgram, readonly Operation[]][] => [
      [`load${index}`, load],
      [`keep${index}`, keep],
    ]);
    this.programs = {
      ...this.scorer?.programs,
      ...Object.fromEntries([...byLength, ...bySlot]),
      zeroStates: this.states.flat().map((tensor) => ({ op: "zero", tensor, guard: status })),
    } as LearnerLayout["programs"];
  }

  #forward(steps: number): Operation[] {
    const { network, unrolled } = this;
    return [...network.pack(), ...unrolled.loadStates(), ...unrolled.forward(steps)];
  }

  #update(steps: number): Operation[] {
    const { unrolled, optimizer } = this;
    return [
      ...this.#forward(steps),
      ...unrolled.backward(steps),
      ...optimizer.operations(slice(unrolled.losses, 0, steps), unrolled.counted),
      ...unrolled.saveStates(steps, optimizer.status),
    ];
  }

  /** The carried states under the names by which a checkpoint knows them. */
  storedStates(): StoredTensor[] {
    const stateNames = this.network.cell.states;
    return this.states.flatMap((tensors, layer) =>
      tensors.map((tensor, index) => ({
        name: `${stateNames[index]}.l${layer}`,
        shape: tensor.shape,
        transposed: false,
        tensor,
      })),
    );
  }
}

/** Learns from one chunk after another: the trained weights, the optimizer's moments and the carried states. */
export class Learner {
  readonly #laid: LearnerLayout;
  readonly #engine: Engine<LearnerProgram>;
  #updates = 0;
  /** The chunk that was rejected: its slot and its steps. */
  #rejected: { readonly index: number; readonly steps: number } | undefined;

  private constructor(laid: LearnerLayout, engine: Engine<LearnerProgram>) {
    this.#laid = laid;
    this.#engine = engine;
  }

  /** @throws CharrnnError where the engine cannot run here or the memory cannot be had */
  static async open(plan: LearnerPlan, options: EngineOptions): Promise<Learner> {
    const laid = new LearnerLayout(plan);
    return new Learner(laid, await openEngine(laid.layout, laid.programs, options));
  }

  get engine(): { readonly name: EngineName; readonly threads: number } {
    return this.#engine;
  }

  get parameterCount(): number {
    return this.#laid.network.parameterCount;
  }

  /**
   * Update number `step` (from 1). Where loss or gradient norm is not finite, or the loss is above `largestLoss` (0:
   * any), parameters, moments and states stay as they were, now and from then on, so that the chunk can be looked into.
   * The chunk is taken over at once. The next update, and no more, may be asked for before this one has ended.
   */
  async update(chunk: Chunk, step: number, learningRate: number, largestLoss = 0): Promise<Assessment> {
    const { optimizer, slots } = this.#laid;
    const engine = this.#engine;
    const index = this.#updates++ % slots.length;
    const slot = slots[index];
    engine.write(slot.inputs, chunk.inputs);
    engine.write(slot.targets, chunk.targets);
    engine.write(slot.counted, [chunk.counted]);
    engine.write(slot.clock, [step]);
    engine.write(slot.rates, optimizer.ratesAt(step, learningRate, largestLoss));
    const before: UpdateProgram[] = chunk.fresh ? ["zeroStates"] : [];
    await engine.run(...before, `load${index}`, `update${chunk.steps}`, `keep${index}`);
    const [loss, gradientNorm, , rejected] = await engine.read(slot.status);
    const applied = rejected === 0;
    if (!applied) this.#rejected ??= { index, steps: chunk.steps };
    return { loss, gradientNorm, applied };
  }

  /** The score of the validation split; the learner must have been planned with its segments. */
  async validate(split: Symbols, progress?: (done: number, total: number) => void): Promise<Score> {
    const { scorer } = this.#laid;
    if (scorer === undefined) throw new Error("there is no validation split");
    return scorer.score(this.#engine, split, progress && { progress });
  }

  parameters(): Promise<Map<string, StoredValues>> {
    return readStored(this.#engine, this.#laid.network.parameters);
  }

  /** The optimizer's moments, by names such as `mean.head.weight`. */
  moments(): Promise<Map<string, StoredValues>> {
    return readStored(this.#engine, this.#laid.optimizer.moments);
  }

  /** The carried states [B, H], by names such as `cell.l0`. */
  states(): Promise<Map<string, StoredValues>> {
    return readStored(this.#engine, this.#laid.storedStates());
  }

  loadParameters(values: ReadonlyMap<string, { readonly data: ArrayLike<number> }>): void {
    writeStored(this.#engine, this.#laid.network.parameters, values);
  }

  loadMoments(values: ReadonlyMap<string, { readonly data: ArrayLike<number> }>): void {
    writeStored(this.#engine, this.#laid.optimizer.moments, values);
  }

  loadStates(values: ReadonlyMap<string, { readonly data: ArrayLike<number> }>): void {
    writeStored(this.#engine, this.#laid.storedStates(), values);
  }

  /** Replays the chunk that was rejected, and says what went wrong first. */
  async diagnose(): Promise<Diagnosis> {
    if (this.#rejected === undefined) throw new Error("no chunk was rejected");
    const { index, steps } = this.#rejected;
    // The chunk after it may have been computed meanwhile.
    await this.#engine.run(`load${index}`, `update${steps}`);
    return diagnose(this.#engine, this.#laid, steps);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}
