import { type Examples } from "../examples/encoder.ts";

/** The scores of a model on texts with their conditions. */
export interface TextScores {
  /** The mean in nats over all symbols and ends. */
  readonly loss: number;
  /** The bits of all symbols and ends, divided by the number of symbols. */
  readonly bitsPerCharacter: number;
  /** The share of texts that a greedy choice of each symbol and of the end gives exactly. */
  readonly accuracy: number;
}

/**
 * Scores texts from the loss and the likeliest class at each step. Greedy decoding reads the symbols that it has
 * written. These symbols are those of the text as long as every choice was right. So a text is written exactly if the
 * likeliest class is right at each step.
 */
export function measureTexts(
  { losses, predictions }: { readonly losses: Float32Array; readonly predictions: Int32Array },
  { count, starts, targets }: Examples,
): TextScores {
  const nats = losses.reduce((sum, loss) => sum + loss, 0);
  let exact = 0;
  for (let text = 0; text < count; text++) {
    let step = starts[text];
    while (step < starts[text + 1] && predictions[step] === targets[step]) step++;
    exact += Number(step === starts[text + 1]);
  }
  const steps = starts[count];
  return { loss: nats / steps, bitsPerCharacter: nats / Math.LN2 / (steps - count), accuracy: exact / count };
}
