import { type Engine, type Programs } from "../../engine/engine.ts";
import { type Layout } from "../../engine/tensor.ts";
import { type Network } from "../../model/network.ts";
import { UnrolledDecoding } from "../../model/unrolled-decoding.ts";
import { BeamSearch, type BeamOptions, type Hypothesis } from "../../sampling/beam-search.ts";
import { batchesOf, paddedLength } from "../examples/batches.ts";
import { type EncodedSteps } from "../examples/inputs.ts";
import { lengthAt } from "./pair-code.ts";
import { InputFiller } from "./pair-filler.ts";

/** Writes outputs for inputs, many side by side. */
export class Translator {
  readonly programs: Programs<string>;
  readonly #unrolled: UnrolledDecoding;
  readonly #batchSize: number;
  readonly #lengths: readonly number[];
  readonly #options: BeamOptions;

  /** `lengths`: the lengths that inputs are padded to. */
  constructor(
    layout: Layout,
    network: Network,
    {
      batchSize,
      lengths,
      ...options
    }: BeamOptions & { readonly batchSize: number; readonly lengths: readonly number[] },
  ) {
    const { beams } = options;
    const steps = lengths[lengths.length - 1];
    this.#options = options;
    this.#batchSize = batchSize;
    this.#lengths = lengths;
    this.#unrolled = new UnrolledDecoding(layout, network, { batch: batchSize, beams, steps });
    this.programs = Object.fromEntries([
      ["packForWriting", network.pack()],
      ...lengths.flatMap((length) => [
        [`encode${length}`, this.#unrolled.encode(length)] as const,
        [`decode${length}`, this.#unrolled.decode(length)] as const,
      ]),
    ]);
  }

  /** The likeliest outputs for each input, the best first. Calls `progress` with the number of batches that are done. */
  async write(
    engine: Engine,
    inputs: EncodedSteps,
    progress?: (done: number, total: number) => void,
  ): Promise<(readonly Hypothesis[])[]> {
    const count = inputs.starts.length - 1;
    const lengthOf = (example: number) => lengthAt(inputs, example);
    const filler = new InputFiller(inputs, this.#batchSize, this.#lengths[this.#lengths.length - 1]);
    const written = Array.from({ length: count }, (): readonly Hypothesis[] => []);
    await engine.run("packForWriting");
    const all = Array.from({ length: count }, (_, example) => example);
    const batches = batchesOf(all, this.#batchSize, this.#lengths, lengthOf);
    for (const [index, batch] of batches.entries()) {
      filler.fill(batch);
      const steps = paddedLength(Math.max(...batch.map(lengthOf)), this.#lengths);
      const best = await this.#writeBatch(engine, filler, { rows: batch.length, steps });
      batch.forEach((example, row) => (written[example] = best[row]));
      progress?.(index + 1, batches.length);
    }
    return written;
  }

  async #writeBatch(
    engine: Engine,
    filler: InputFiller,
    { rows, steps }: { readonly rows: number; readonly steps: number },
  ): Promise<(readonly Hypothesis[])[]> {
    const { encoder, parents, symbols, logits } = this.#unrolled;
    const B = this.#batchSize;
    const V = logits.size / parents.size;
    const { inputs, ...indices } = filler.values;
    engine.write(encoder.unrolled.inputs, inputs);
    for (const [name, tensor] of Object.entries(encoder.indices)) {
      engine.write(tensor, indices[name as keyof typeof indices]);
    }
    await engine.run(`encode${steps}`);
    const searches = Array.from({ length: rows }, () => new BeamSearch(this.#options));
    while (searches.some(({ next }) => next.length > 0)) {
      // Beams that have ended also continue from some row. The results of these beams are not read.
      const from = Int32Array.from({ length: parents.size }, (_, row) => row % B);
      const read = new Int32Array(parents.size).fill(this.#options.end);
      searches.forEach(({ next }, b) => {
        next.forEach(({ parent, symbol }, beam) => {
          from[beam * B + b] = parent * B + b;
          read[beam * B + b] = symbol;
        });
      });
      engine.write(parents, from);
      engine.write(symbols, read);
      await engine.run(`decode${steps}`);
      const values = await engine.read(logits);
      searches.forEach((search, b) => {
        if (search.next.length === 0) return;
        search.advance((beam) => values.subarray((beam * B + b) * V, (beam * B + b + 1) * V));
      });
    }
    return searches.map(({ best }) => best);
  }
}
