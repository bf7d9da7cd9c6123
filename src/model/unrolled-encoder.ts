import { type Operation } from "../engine/operation.ts";
import { type Layout, type Tensor } from "../engine/tensor.ts";
import { type Network } from "./network.ts";
import { UnrolledBridge } from "./unrolled-bridge.ts";
import { type UnrollOptions } from "./unrolled-layer.ts";
import { UnrolledStack } from "./unrolled-stack.ts";

/** The encoder of a network, unrolled over B rows of up to T steps, with the bridge to the decoder. */
export class UnrolledEncoder {
  readonly unrolled: UnrolledStack;
  readonly bridge: UnrolledBridge;
  /**
   * Indices that each chunk must fill, by name. `reversal`: see `Reversing`. `last` [B]: the place t * B + b of each row's
   * last step. `ends` [T, B]: b at the last step of row b, and -1 everywhere else. `lengths` [B]: how many steps each row
   * has.
   */
  readonly indices: Readonly<Record<string, Tensor>>;

  constructor(layout: Layout, network: Network, options: Omit<UnrollOptions, "states">) {
    const { batch, steps, training } = options;
    const integers = (shape: readonly number[]) => layout.tensor(shape, "int32");
    this.unrolled = new UnrolledStack(layout, network.stacks[0], options);
    const last = integers([batch]);
    this.bridge = new UnrolledBridge(layout, network, this.unrolled, {
      batch,
      last,
      training: training !== undefined,
    });
    const { reversal } = this.unrolled;
    this.indices = {
      ...(reversal && { reversal }),
      last,
      ...(training && { ends: integers([steps, batch]) }),
      ...(network.config.attention === "luong" && { lengths: integers([batch]) }),
    };
  }

  /** Reads `steps` steps, and computes the first states of the decoder. `to` gives the tensor [B, H] of each state. */
  forward(steps: number, to: (layer: number, state: number) => Tensor): Operation[] {
    return [
      ...this.unrolled.loadStates(),
      ...this.unrolled.forward(steps),
      ...this.bridge.forward(steps, to),
    ];
  }
}
