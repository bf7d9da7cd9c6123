import { Network } from "../model/network.ts";
import { Random } from "../random.ts";
import { chunkShape, unrollNetwork } from "./single-network.ts";
import { type Chunk, type TrainingData } from "./task.ts";

/**
 * Random training data without validation, to measure the speed of a network. `symbols` is the size of the vocabulary.
 * The model is unrolled for chunks of each of the `lengths`. `chunk` gives chunks of the first length.
 */
export function randomData(
  symbols: number,
  { batch, lengths }: { readonly batch: number; readonly lengths: readonly number[] },
): Pick<TrainingData, "lay" | "network" | "chunk"> {
  const network = { inputs: symbols, outputs: symbols };
  const [steps] = lengths;
  const count = batch * steps;
  const random = Random.of(1);
  const draw = () => Int32Array.from({ length: count }, () => random.nextUint32() % symbols);
  const chunk: Chunk = {
    shape: chunkShape(steps),
    fresh: false,
    inputs: { inputs: draw(), targets: draw() },
    counted: count,
    symbols: count,
  };
  return {
    network,
    chunk: () => chunk,
    lay(layout, config, dropout) {
      const declared = new Network(layout, config, network, { training: true });
      const states = declared.carriedStates(batch);
      const model = unrollNetwork(layout, declared, { batch, lengths, states, dropout });
      return { model, validation: undefined };
    },
  };
}
