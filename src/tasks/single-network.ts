import { type Layout } from "../engine/tensor.ts";
import { type CarriedStates, type Network } from "../model/network.ts";
import { UnrolledNetwork, type HeadOptions } from "../model/unrolled-network.ts";
import {
  type DropoutClock,
  type TaskLayout,
  type UnrolledChunk,
  type UnrolledModel,
  type Validation,
} from "./task.ts";

/** How a network is unrolled for training: with `batch` rows, and for chunks of these `lengths` in time steps. */
export interface Unrolling {
  readonly batch: number;
  readonly lengths: readonly number[];
  readonly states: CarriedStates;
  readonly dropout: DropoutClock;
  /** The head of the network (default: that of a language model). */
  readonly head?: HeadOptions;
}

/** The name of the shape of a chunk with this number of time steps. */
export function chunkShape(steps: number): string {
  return String(steps);
}

/** The model of a task with one network. A chunk fills `inputs` and `targets`, and `weights` if the head has them. */
export function unrollNetwork(
  layout: Layout,
  network: Network,
  { batch, lengths, states, dropout, head }: Unrolling,
): UnrolledModel {
  const steps = Math.max(...lengths);
  const unrolled = new UnrolledNetwork(layout, network, {
    batch,
    steps,
    states,
    training: dropout,
    ...(head && { head }),
  });
  const { inputs, targets, weights, counted } = unrolled;
  return {
    parameters: network.parameters,
    inputs: { inputs, targets, ...(weights && { weights }) },
    counted,
    states: network.storedStates(states),
    shapes: new Map(lengths.map((length) => [chunkShape(length), chunkOf(network, unrolled, length)])),
  };
}

/** Lays out a network that carries its states from chunk to chunk, and the validation of the same network. */
export function layCarried(
  layout: Layout,
  network: Network,
  { batchSize: batch, lengths }: { readonly batchSize: number; readonly lengths: readonly number[] },
  dropout: DropoutClock,
  validate: () => Validation | undefined,
): TaskLayout {
  const states = network.carriedStates(batch);
  const [model, validation] = layout.inTurns(
    () => unrollNetwork(layout, network, { batch, lengths, states, dropout }),
    validate,
  );
  return { model, validation };
}

/** The operations of a network for a chunk of this many steps. */
export function chunkOf(network: Network, unrolled: UnrolledNetwork, steps: number): UnrolledChunk {
  return {
    forward: [...network.pack(), ...unrolled.loadStates(), ...unrolled.forward(steps)],
    score: unrolled.score(steps),
    backward: unrolled.backward(steps),
    losses: unrolled.lossesOf(steps),
    saveStates: (status) => unrolled.saveStates(steps, status),
    stages: () => ({ forward: unrolled.forwardStages(steps), backward: unrolled.backwardStages(steps) }),
  };
}
