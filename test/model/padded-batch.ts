import { type Engine } from "../../src/engine/engine.ts";
import { ELEMENT_BYTES, Layout, width } from "../../src/engine/tensor.ts";
import { initialParameters } from "../../src/model/initialization.ts";
import { Network, type ModelConfig } from "../../src/model/network.ts";
import { type NetworkSizes } from "../../src/model/shapes.ts";
import { UnrolledNetwork, type HeadOptions } from "../../src/model/unrolled-network.ts";
import { namedData, writeStored } from "../../src/model/weights.ts";
import { Random } from "../../src/random.ts";

/** The right answer to a row, or to one of its steps. */
export interface RowAnswer {
  /** A class, or as many numbers as the network has outputs. */
  readonly target: readonly number[];
  readonly weight: number;
}

/** A row of a batch. Without steps, the batch has no example there. */
export interface Row {
  /** What each step reads: one symbol, or a row of numbers. */
  readonly steps: readonly (readonly number[])[];
  /** One answer if the head reads last steps; else one for each step. */
  readonly answers: readonly RowAnswer[];
}

/** The network of a test: what it is made of, and where its head reads. */
export interface RowNetwork {
  readonly config: ModelConfig;
  readonly sizes: NetworkSizes;
  readonly head: HeadOptions;
}

/** Random rows of these lengths. The weight of a row is that of its class, one of `classWeights`, or any. */
export function randomRows(
  { sizes, head }: RowNetwork,
  lengths: readonly number[],
  random: Random,
  classWeights?: readonly number[],
): Row[] {
  const { inputs, outputs, numeric } = sizes;
  const any = (count: number) => Math.floor(random.next() * count);
  const number = () => 2 * random.next() - 1;
  const numbers = (count: number) => Array.from({ length: count }, number);
  const answer = (): RowAnswer => {
    const targets = {
      softmax: () => [any(outputs)],
      sigmoid: () => Array.from({ length: outputs }, () => any(2)),
      squares: () => numbers(outputs),
    };
    const target = targets[head.loss]();
    if (!head.weighted) return { target, weight: 1 };
    return { target, weight: classWeights?.[target[0]] ?? 0.25 + random.next() };
  };
  return lengths.map((length) => ({
    steps: Array.from({ length }, () => (numeric ? numbers(inputs) : [any(inputs)])),
    answers: Array.from({ length: head.reads === "last" ? Math.min(length, 1) : length }, answer),
  }));
}

/** A network laid out to be trained on batches of up to `batch` rows and `steps` steps. */
export function paddedBatch(
  { config, sizes, head }: RowNetwork,
  { batch: B, steps: T }: { readonly batch: number; readonly steps: number },
) {
  const layout = new Layout();
  const network = new Network(layout, config, sizes, { training: true });
  const clock = layout.tensor([1], "int32");
  const unrolled = new UnrolledNetwork(layout, network, {
    batch: B,
    steps: T,
    training: { seed: 9, clock },
    head,
  });

  /** The operations that compute the losses of a batch of so many steps, and those for its gradients. */
  const programs = (steps: number) => {
    const forward = [...network.pack(), ...unrolled.loadStates(), ...unrolled.forward(steps)];
    return {
      losses: [...forward, ...unrolled.score(steps)],
      gradients: [...forward, ...unrolled.backward(steps)],
    };
  };

  /** Writes random weights within +-`initRange`, the same each time. */
  const fillParameters = async (engine: Engine<never>, initRange = 0.8) => {
    const init = { init: "uniform", initRange, forgetBias: 1 } as const;
    const parameters = await initialParameters(config, sizes, init, Random.of(1));
    writeStored(engine, network.parameters, namedData(parameters));
    engine.write(clock, [3]);
  };

  /** What a program finds in scratch tensors is not to be relied on. */
  const spoilScratch = (engine: Engine<never>) => {
    for (const { start, end } of layout.scratchRegions) {
      const size = (end - start) / ELEMENT_BYTES;
      engine.write({ dtype: "float32", shape: [size], size, offset: start }, Array<number>(size).fill(NaN));
    }
  };

  /** Writes a batch, padded with `padding`, and nonsense into scratch tensors. Returns the sum of the weights of its answers. */
  const fillRows = (engine: Engine<never>, rows: readonly Row[], padding = 0): number => {
    spoilScratch(engine);
    const perStep = head.reads === "steps";
    const { inputs, targets, weights, indices, counted } = unrolled;
    const inputWidth = sizes.numeric ? sizes.inputs : 1;
    const answerWidth = head.loss === "softmax" ? 1 : width(targets);
    const places = Array.from({ length: T * B }, (_, place) => ({ t: Math.floor(place / B), b: place % B }));
    const stepsAt = (b: number) => rows.at(b)?.steps ?? [];
    const lengthAt = (b: number) => (b < rows.length ? stepsAt(b).length : 0);
    const none: RowAnswer = { target: Array<number>(answerWidth).fill(-1), weight: 0 };
    const answers = (perStep ? places : places.slice(0, B)).map(
      ({ t, b }) => (b < rows.length ? rows[b].answers.at(t) : undefined) ?? none,
    );
    const isRead = ({ t, b }: { t: number; b: number }) => t < lengthAt(b);
    const padded = Array<number>(inputWidth).fill(padding);
    engine.write(
      inputs,
      places.flatMap((place) => (isRead(place) ? stepsAt(place.b)[place.t] : padded)),
    );
    engine.write(
      targets,
      answers.flatMap(({ target }) => target),
    );
    if (weights)
      engine.write(
        weights,
        answers.map(({ weight }) => weight),
      );
    const written: Record<string, number[]> = {
      reversal: places.map((place) => {
        const { t, b } = place;
        return (isRead(place) ? lengthAt(b) - 1 - t : t) * B + b;
      }),
      last: places.slice(0, B).map(({ b }) => Math.max(lengthAt(b) - 1, 0) * B + b),
      ends: places.map(({ t, b }) => (t === lengthAt(b) - 1 ? b : -1)),
    };
    for (const [name, tensor] of Object.entries(indices)) engine.write(tensor, written[name]);
    const total = answers.reduce((sum, { weight }) => sum + weight, 0);
    engine.write(counted, [total]);
    return total;
  };

  /** The gradients of the parameters, by name. */
  const gradients = network.parameters.flatMap((parameter) =>
    parameter.gradient ? [{ ...parameter, tensor: parameter.gradient }] : [],
  );
  return { layout, network, unrolled, programs, fillParameters, fillRows, gradients };
}
