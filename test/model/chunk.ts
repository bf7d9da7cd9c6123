import { type Engine } from "../../src/engine/engine.ts";
import { Layout } from "../../src/engine/tensor.ts";
import { initialParameters, type InitOptions } from "../../src/model/initialization.ts";
import { Network, type ModelConfig } from "../../src/model/network.ts";
import { UnrolledNetwork } from "../../src/model/unrolled-network.ts";
import { Random } from "../../src/random.ts";
import { sizesOf } from "./fixture.ts";

/** A network laid out to be trained on one chunk, with dropout where its configuration has it. */
export function trainedChunk(
  config: ModelConfig,
  { vocabularySize: V, batch: B, steps: T }: { vocabularySize: number; batch: number; steps: number },
) {
  const layout = new Layout();
  const network = new Network(layout, config, sizesOf(V), { training: true });
  const states = network.carriedStates(B);
  const clock = layout.tensor([1], "int32");
  const training = { seed: 9, clock };
  const unrolled = new UnrolledNetwork(layout, network, { batch: B, steps: T, states, training });

  /** Random weights, states and symbols, the same each time. */
  const fill = async (engine: Engine<never>, init: InitOptions) => {
    const random = Random.of(1);
    for (const [name, values] of await initialParameters(config, sizesOf(V), init, random)) {
      engine.write(network.parameter(name).tensor, values);
    }
    for (const tensor of states.flat()) {
      const values = Array.from({ length: tensor.size }, () => random.next() - 0.5);
      engine.write(tensor, values);
    }
    const symbols = () => Array.from({ length: T * B }, () => Math.floor(random.next() * V));
    engine.write(unrolled.inputs, symbols());
    engine.write(unrolled.targets, symbols());
    engine.write(unrolled.counted, [T * B]);
    engine.write(clock, [3]);
  };
  return { layout, network, states, unrolled, fill };
}
