import { type Checkpoint } from "../checkpoint/format.ts";
import { textModelOf } from "../checkpoint/text-model.ts";
import { openEngine, type EngineOptions } from "../engine/engines.ts";
import { entry, Layout, type Tensor } from "../engine/tensor.ts";
import { CharrnnError } from "../errors.ts";
import { Network } from "../model/network.ts";
import { UnrolledNetwork } from "../model/unrolled-network.ts";
import { writeStored } from "../model/weights.ts";
import { spelling } from "../sampling/output.ts";
import { TokenVocabulary } from "../text/token-vocabulary.ts";

/** One time step of a network: what it reads, its hidden state, and the probabilities of what comes next. */
export interface ReadStep {
  readonly input: string;
  /** The hidden state of the top layer. */
  readonly hidden: readonly number[];
  /** The likeliest next symbols, the likeliest first. */
  readonly next: readonly { readonly symbol: string; readonly probability: number }[];
}

/** A network is unrolled over all steps of the text at once, so the text must be short. */
const MOST_STEPS = 1000;

/**
 * Reads a short text from the zero state and shows each time step, as the lecture's figure of "hello" does. `top`: how
 * many next symbols a step has.
 * @throws CharrnnError if the text is empty, too long or has a symbol that the model does not know, or the engine cannot
 * run here
 */
export async function readSteps(
  { model, parameters, ...rest }: Pick<Checkpoint, "model" | "parameters" | "vocabulary" | "task">,
  text: string,
  { top = 4, ...options }: EngineOptions & { top?: number } = {},
): Promise<ReadStep[]> {
  const { vocabulary, sizes } = textModelOf(rest);
  if (vocabulary instanceof TokenVocabulary) {
    throw new CharrnnError("--steps reads characters or bytes: name a model of characters or bytes");
  }
  const symbols = vocabulary.encode(text, "error", "the text of --steps");
  if (symbols.length === 0 || symbols.length > MOST_STEPS) {
    throw new CharrnnError(
      `--steps reads from 1 to ${MOST_STEPS} characters, not ${symbols.length}: give a short text`,
    );
  }
  const steps = symbols.length;
  const layout = new Layout();
  const network = new Network(layout, { ...model, dropout: 0 }, sizes, { training: false });
  const unrolled = new UnrolledNetwork(layout, network, { batch: 1, steps });
  const engine = await openEngine(
    layout,
    { pack: network.pack(), read: [...unrolled.loadStates(), ...unrolled.forward(steps)] },
    options,
  );
  try {
    writeStored(engine, network.parameters, parameters);
    await engine.run("pack");
    engine.write(unrolled.inputs, Int32Array.from(symbols));
    await engine.run("read");
    const valuesOf = async (tensor: Tensor) => Array.from(await engine.read(tensor));
    const [hidden] = unrolled.cells[unrolled.cells.length - 1][0].states;
    const result: ReadStep[] = [];
    for (let step = 0; step < steps; step++) {
      const logits = await valuesOf(entry(unrolled.logits, step));
      const most = Math.max(...logits);
      const weights = logits.map((logit) => Math.exp(logit - most));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      result.push({
        input: spelling(vocabulary.symbols[symbols[step]]),
        // Entry 0 is the state before the first step.
        hidden: await valuesOf(entry(hidden, step + 1)),
        next: weights
          .map((weight, symbol) => ({
            symbol: spelling(vocabulary.symbols[symbol]),
            probability: weight / total,
          }))
          .sort((one, other) => other.probability - one.probability)
          .slice(0, top),
      });
    }
    return result;
  } finally {
    await engine.close();
  }
}
