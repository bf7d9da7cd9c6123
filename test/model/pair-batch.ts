import { type Engine } from "../../src/engine/engine.ts";
import { ELEMENT_BYTES, Layout } from "../../src/engine/tensor.ts";
import { initialParameters } from "../../src/model/initialization.ts";
import { Network, type ModelConfig } from "../../src/model/network.ts";
import { type NetworkSizes } from "../../src/model/shapes.ts";
import { type StepCounts } from "../../src/model/unrolled-attention.ts";
import { UnrolledEncoderDecoder } from "../../src/model/unrolled-encoder-decoder.ts";
import { namedData, writeStored } from "../../src/model/weights.ts";
import { Random } from "../../src/random.ts";

/** Symbols in, symbols out. The last symbol of the output's vocabulary ends the output, and is read first. */
export interface Pair {
  readonly input: readonly number[];
  readonly output: readonly number[];
}

/** An encoder and a decoder, and the share of each target's probability that training spreads. */
export interface PairNetwork {
  readonly config: ModelConfig;
  readonly sizes: NetworkSizes;
  readonly smoothing?: number;
}

/** Random pairs of these lengths, without the end. */
export function randomPairs(
  { sizes }: PairNetwork,
  lengths: readonly (readonly [input: number, output: number])[],
  random: Random,
): Pair[] {
  const draw = (length: number, below: number) =>
    Array.from({ length }, () => Math.floor(random.next() * below));
  return lengths.map(([input, output]) => ({
    input: draw(input, sizes.inputs),
    output: draw(output, sizes.outputs - 1),
  }));
}

/** A network laid out to be trained on batches of up to `batch` pairs. The outputs' steps include their ends. */
export function pairBatch(
  { config, sizes, smoothing = 0 }: PairNetwork,
  { batch: B, steps }: { readonly batch: number; readonly steps: StepCounts },
) {
  const layout = new Layout();
  const network = new Network(layout, config, sizes, { training: true });
  const clock = layout.tensor([1], "int32");
  const unrolled = new UnrolledEncoderDecoder(layout, network, {
    batch: B,
    steps,
    training: { seed: 9, clock },
    smoothing,
  });

  /** The operations that compute the losses of a batch of so many steps, and those for its gradients. */
  const programs = (counts: StepCounts) => {
    const forward = [...network.pack(), ...unrolled.forward(counts)];
    return {
      losses: [...forward, ...unrolled.score(counts)],
      gradients: [...forward, ...unrolled.backward(counts)],
    };
  };

  /** Writes random weights within +-`initRange`, the same each time. */
  const fillParameters = async (engine: Engine<never>, initRange = 0.8) => {
    const init = { init: "uniform", initRange, forgetBias: 1 } as const;
    const parameters = await initialParameters(config, sizes, init, Random.of(1));
    writeStored(engine, network.parameters, namedData(parameters));
    engine.write(clock, [3]);
  };

  /** Writes a batch, padded with `padding`, and nonsense into scratch tensors. A place without a pair has no steps. Returns the number of targets. */
  const fillPairs = (engine: Engine<never>, pairs: readonly (Pair | undefined)[], padding = 0): number => {
    for (const { start, end } of layout.scratchRegions) {
      const size = (end - start) / ELEMENT_BYTES;
      engine.write({ dtype: "float32", shape: [size], size, offset: start }, Array<number>(size).fill(NaN));
    }
    const END = sizes.outputs - 1;
    const rows = Array.from({ length: B }, (_, b) => pairs.at(b) && pairs[b]);
    const lengthOf = (b: number) => rows[b]?.input.length ?? 0;
    const timeMajor = (T: number, valueOf: (t: number, b: number) => number) =>
      Array.from({ length: T * B }, (_, place) => valueOf(Math.floor(place / B), place % B));
    const { inputs, head, encoder } = unrolled;
    engine.write(
      inputs.encoder,
      timeMajor(steps.encoder, (t, b) => rows[b]?.input.at(t) ?? padding),
    );
    engine.write(
      inputs.decoder,
      timeMajor(steps.decoder, (t, b) => (t === 0 ? END : (rows[b]?.output.at(t - 1) ?? padding))),
    );
    engine.write(
      head.targets,
      timeMajor(steps.decoder, (t, b) => {
        const output = rows[b]?.output;
        if (output === undefined || t > output.length) return -1;
        return t === output.length ? END : output[t];
      }),
    );
    const indices: Record<string, number[]> = {
      reversal: timeMajor(steps.encoder, (t, b) => (t < lengthOf(b) ? lengthOf(b) - 1 - t : t) * B + b),
      last: rows.map((_, b) => Math.max(lengthOf(b) - 1, 0) * B + b),
      ends: timeMajor(steps.encoder, (t, b) => (t === lengthOf(b) - 1 ? b : -1)),
      lengths: rows.map((_, b) => lengthOf(b)),
    };
    for (const [name, tensor] of Object.entries(encoder.indices)) engine.write(tensor, indices[name]);
    const counted = rows.reduce((sum, pair) => sum + (pair ? pair.output.length + 1 : 0), 0);
    engine.write(head.counted, [counted]);
    return counted;
  };

  /** The gradients of the parameters, by name. */
  const gradients = network.parameters.flatMap((parameter) =>
    parameter.gradient ? [{ ...parameter, tensor: parameter.gradient }] : [],
  );
  return { layout, network, unrolled, programs, fillParameters, fillPairs, gradients };
}
