import { type Operation } from "../engine/operation.ts";
import { type Layout, type Tensor } from "../engine/tensor.ts";

/** The tensors that an update reads, and the status that it writes. */
export interface UpdateTensors {
  /** The inputs of the model, which each chunk fills, by name. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** [1]: the number of targets that count. */
  readonly counted: Tensor;
  /** [1]: the number of the update. Dropout depends on this number. */
  readonly clock: Tensor;
  /** [4] and [4]: see RATES and STATUS of the engine's operations. */
  readonly rates: Tensor;
  readonly status: Tensor;
}

/**
 * Holds a copy of an update's inputs, made before the update runs, and a copy of its status, made afterwards. With two
 * slots, the inputs of one update can be written while the engine computes another.
 */
export class Slot implements UpdateTensors {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly counted: Tensor;
  readonly clock: Tensor;
  readonly rates: Tensor;
  readonly status: Tensor;
  /** Copies this slot's inputs to the tensors that the next update reads. */
  readonly load: readonly Operation[];
  /** Copies the status of the update that has just run. */
  readonly keep: readonly Operation[];

  constructor(layout: Layout, update: UpdateTensors) {
    const like = ({ shape, dtype }: Tensor) => layout.tensor(shape, dtype);
    this.inputs = Object.fromEntries(
      Object.entries(update.inputs).map(([name, tensor]) => [name, like(tensor)]),
    );
    this.counted = like(update.counted);
    this.clock = like(update.clock);
    this.rates = like(update.rates);
    this.status = like(update.status);
    this.load = [
      ...Object.entries(update.inputs).map(
        ([name, to]) => ({ op: "copy", from: this.inputs[name], to }) as const,
      ),
      ...(["counted", "clock", "rates"] as const).map(
        (name) => ({ op: "copy", from: this[name], to: update[name] }) as const,
      ),
    ];
    this.keep = [{ op: "copy", from: update.status, to: this.status }];
  }
}
