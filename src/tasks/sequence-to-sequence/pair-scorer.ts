import { type Engine, type Programs } from "../../engine/engine.ts";
import { type Layout, type Tensor } from "../../engine/tensor.ts";
import { type Network } from "../../model/network.ts";
import { UnrolledEncoderDecoder } from "../../model/unrolled-encoder-decoder.ts";
import {
  longestOf,
  paddedSteps,
  pairBatches,
  shapeName,
  shapesOf,
  type PairLengths,
} from "./pair-batches.ts";
import { lengthAt, type Pairs } from "./pair-code.ts";
import { PairFiller } from "./pair-filler.ts";

/** The tensors that a batch of pairs fills, by name. */
export function pairTensors({ inputs, head, encoder }: UnrolledEncoderDecoder): Record<string, Tensor> {
  return { inputs: inputs.encoder, previous: inputs.decoder, targets: head.targets, ...encoder.indices };
}

/** Computes the loss of a network for pairs, with the right outputs as the decoder's inputs. */
export class PairScorer {
  readonly programs: Programs<string>;
  readonly #unrolled: UnrolledEncoderDecoder;
  readonly #batchSize: number;
  readonly #lengths: PairLengths;

  constructor(
    layout: Layout,
    network: Network,
    { batchSize, lengths }: { readonly batchSize: number; readonly lengths: PairLengths },
  ) {
    const unrolled = new UnrolledEncoderDecoder(layout, network, {
      batch: batchSize,
      steps: longestOf(lengths),
    });
    this.#unrolled = unrolled;
    this.#batchSize = batchSize;
    this.#lengths = lengths;
    this.programs = Object.fromEntries([
      ["packForScoring", network.pack()],
      ...shapesOf(lengths).map(
        (counts) =>
          [`score${shapeName(counts)}`, [...unrolled.forward(counts), ...unrolled.score(counts)]] as const,
      ),
    ]);
  }

  /** The sum of the losses in nats over all symbols, ends included, and the number of these symbols. */
  async score(
    engine: Engine,
    pairs: Pairs,
    end: number,
    progress?: (batches: number) => void,
  ): Promise<{ loss: number; symbols: number }> {
    let [loss, symbols] = [0, 0];
    for await (const { counts, counted, done } of this.#batches(engine, pairs, end)) {
      symbols += counted;
      for (const own of await engine.read(this.#unrolled.lossesOf(counts))) loss += own;
      progress?.(done);
    }
    return { loss, symbols };
  }

  /**
   * How much attention each symbol of the outputs, and then the end, pays to each step of the input: for each pair, a row
   * of weights for each symbol. Undefined without attention.
   */
  async alignments(engine: Engine, pairs: Pairs, end: number): Promise<number[][][] | undefined> {
    const alignments: number[][][] = Array.from({ length: pairs.count }, () => []);
    for await (const { batch, counts } of this.#batches(engine, pairs, end)) {
      const tensor = this.#unrolled.attentionWeights(counts);
      if (tensor === undefined) return undefined;
      const weights = await engine.read(tensor);
      for (const [row, example] of batch.entries()) {
        const length = lengthAt(pairs.inputs, example);
        alignments[example] = Array.from({ length: lengthAt(pairs.outputs, example) + 1 }, (_, step) => {
          const start = (step * this.#batchSize + row) * counts.encoder;
          return Array.from(weights.subarray(start, start + length));
        });
      }
    }
    return alignments;
  }

  /** Computes batch after batch. The tensors hold the results of a batch until the next batch is requested. */
  async *#batches(engine: Engine, pairs: Pairs, end: number) {
    const tensors = pairTensors(this.#unrolled);
    const filler = new PairFiller(pairs, end, {
      batchSize: this.#batchSize,
      longest: longestOf(this.#lengths),
      names: Object.keys(tensors),
    });
    await engine.run("packForScoring");
    for (const [index, batch] of pairBatches(pairs, this.#batchSize, this.#lengths).entries()) {
      const counted = filler.fill(batch);
      for (const [name, tensor] of Object.entries(tensors)) engine.write(tensor, filler.values[name]);
      const counts = paddedSteps(batch, pairs, this.#lengths);
      await engine.run(`score${shapeName(counts)}`);
      yield { batch, counts, counted, done: index + 1 };
    }
  }
}
