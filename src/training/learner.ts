import { type Engine } from "../engine/engine.ts";
import { openEngine, type EngineOptions } from "../engine/engines.ts";
import { type Operation } from "../engine/operation.ts";
import { Layout } from "../engine/tensor.ts";
import { type ModelConfig } from "../model/network.ts";
import { readStored, writeStored, type StoredValues } from "../model/weights.ts";
import {
  type Chunk,
  type Score,
  type TrainingData,
  type UnrolledModel,
  type Validation,
} from "../tasks/task.ts";
import { diagnose, type Diagnosis } from "./diagnosis.ts";
import { Optimizer, type Assessment, type OptimizerOptions } from "./optimizer.ts";
import { Slot } from "./slot.ts";

export interface LearnerOptions extends OptimizerOptions {
  readonly seed: number;
}

/** The model to train, its data, and the options of the optimizer. */
export interface LearnerPlan {
  readonly config: ModelConfig;
  readonly data: Pick<TrainingData, "lay">;
  readonly options: LearnerOptions;
}

/** How many updates the engine may have at a time: one that it computes, and one that waits. */
const SLOTS = 2;

/** The tensors and programs of a task's model, its optimizer and its validation. No memory is allocated yet. */
export class LearnerLayout {
  readonly layout = new Layout();
  readonly model: UnrolledModel;
  readonly validation: Validation | undefined;
  readonly optimizer: Optimizer;
  readonly slots: readonly Slot[];
  /** By name: `update50` for chunks of the shape 50, `load0` for slot 0. */
  readonly programs: Readonly<Record<string, readonly Operation[]>>;

  constructor({ config, data, options }: LearnerPlan) {
    const { layout } = this;
    const clock = layout.tensor([1], "int32");
    const { model, validation, programs } = data.lay(layout, config, { seed: options.seed, clock });
    this.model = model;
    this.validation = validation;
    this.optimizer = new Optimizer(layout, model.parameters, options);
    const { inputs, counted } = model;
    const { rates, status } = this.optimizer;
    this.slots = Array.from(
      { length: SLOTS },
      () => new Slot(layout, { inputs, counted, clock, rates, status }),
    );
    const training = {
      zeroStates: model.states.map(({ tensor }): Operation => ({ op: "zero", tensor, guard: status })),
      ...Object.fromEntries(
        this.slots.flatMap(({ load, keep }, slot) => [
          [`load${slot}`, load],
          [`keep${slot}`, keep],
        ]),
      ),
      ...Object.fromEntries(
        [...model.shapes].flatMap(([shape, { forward, score, backward, losses, saveStates }]) => [
          [`forward${shape}`, [...forward, ...score]],
          [
            `update${shape}`,
            [...forward, ...backward, ...this.optimizer.operations(losses, counted), ...saveStates(status)],
          ],
        ]),
      ),
    };
    const others = { ...validation?.programs, ...programs };
    const twice = Object.keys(others).find((name) => Object.hasOwn(training, name));
    if (twice !== undefined) throw new Error(`the task and training both have a program ${twice}`);
    this.programs = { ...others, ...training };
  }

  /** The number of trained values in all parameters. */
  get parameterCount(): number {
    return this.model.parameters.reduce((total, { tensor }) => total + tensor.size, 0);
  }
}

/** Trains on one chunk after another. The learner holds the weights, the optimizer's moments and the carried states. */
export class Learner {
  readonly #laid: LearnerLayout;
  readonly #engine: Engine;
  #updates = 0;
  /** The chunk that was rejected: its slot and its shape. */
  #rejected: { readonly slot: number; readonly shape: string } | undefined;

  private constructor(laid: LearnerLayout, engine: Engine) {
    this.#laid = laid;
    this.#engine = engine;
  }

  /** @throws CharrnnError if the engine cannot run here or there is too little memory */
  static async open(plan: LearnerPlan, options: EngineOptions): Promise<Learner> {
    const laid = new LearnerLayout(plan);
    return new Learner(laid, await openEngine(laid.layout, laid.programs, options));
  }

  /** The engine with the layout and the programs of the learner. */
  get engine(): Engine {
    return this.#engine;
  }

  get parameterCount(): number {
    return this.#laid.parameterCount;
  }

  /**
   * Makes update number `step` (from 1). The chunk's arrays may be reused at once, because they are copied. The caller
   * may start one more update before this one has ended.
   * A chunk is rejected if its loss or gradient norm is not finite, or its loss is above `largestLoss` (0: no limit).
   * A rejected chunk changes no parameters, moments or states. Later updates do not change them either, so that the
   * chunk can be diagnosed.
   */
  async update(chunk: Chunk, step: number, learningRate: number, largestLoss = 0): Promise<Assessment> {
    const { optimizer, slots } = this.#laid;
    const engine = this.#engine;
    const index = this.#updates++ % slots.length;
    const slot = slots[index];
    for (const [name, values] of Object.entries(chunk.inputs)) engine.write(slot.inputs[name], values);
    engine.write(slot.counted, [chunk.counted]);
    engine.write(slot.clock, [step]);
    engine.write(slot.rates, optimizer.ratesAt(step, learningRate, largestLoss));
    const before = chunk.fresh ? ["zeroStates"] : [];
    await engine.run(...before, `load${index}`, `update${chunk.shape}`, `keep${index}`);
    const assessment = await optimizer.assessmentIn(engine, slot.status);
    if (!assessment.applied) this.#rejected ??= { slot: index, shape: chunk.shape };
    return assessment;
  }

  /** Scores the validation data. The task must have some. */
  async validate(progress?: (done: number, total: number) => void): Promise<Score> {
    const { validation } = this.#laid;
    if (validation === undefined) throw new Error("there is nothing to validate on");
    return validation.score(this.#engine, progress);
  }

  parameters(): Promise<Map<string, StoredValues>> {
    return readStored(this.#engine, this.#laid.model.parameters);
  }

  /** The gradients of the last update before clipping, by the names of their parameters. */
  gradients(): Promise<Map<string, StoredValues>> {
    const { parameters } = this.#laid.model;
    const gradients = parameters.flatMap(({ gradient, ...parameter }) =>
      gradient ? [{ ...parameter, tensor: gradient }] : [],
    );
    return readStored(this.#engine, gradients);
  }

  /** The optimizer's moments, by names such as `mean.head.weight`. */
  moments(): Promise<Map<string, StoredValues>> {
    return readStored(this.#engine, this.#laid.optimizer.moments);
  }

  /** The carried states [B, H], by names such as `cell.l0`. */
  states(): Promise<Map<string, StoredValues>> {
    return readStored(this.#engine, this.#laid.model.states);
  }

  loadParameters(values: ReadonlyMap<string, { readonly data: ArrayLike<number> }>): void {
    writeStored(this.#engine, this.#laid.model.parameters, values);
  }

  loadMoments(values: ReadonlyMap<string, { readonly data: ArrayLike<number> }>): void {
    writeStored(this.#engine, this.#laid.optimizer.moments, values);
  }

  loadStates(values: ReadonlyMap<string, { readonly data: ArrayLike<number> }>): void {
    writeStored(this.#engine, this.#laid.model.states, values);
  }

  /** Computes the rejected chunk again, and finds the tensor that broke first. */
  async diagnose(): Promise<Diagnosis> {
    if (this.#rejected === undefined) throw new Error("no chunk was rejected");
    const { slot, shape } = this.#rejected;
    // The chunk that came after the rejected one may have overwritten its activations.
    await this.#engine.run(`load${slot}`, `update${shape}`);
    const { model, optimizer } = this.#laid;
    const forwardAgain = () => this.#engine.run(`forward${shape}`);
    return diagnose(this.#engine, { model, optimizer, shape, forwardAgain });
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}
