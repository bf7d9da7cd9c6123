import { type Symbols } from "../../text/symbols.ts";
import { blocks } from "../../turns.ts";
import { type Baseline } from "./baseline.ts";

/**
 * The cross-entropy of `text` under the symbol frequencies of `training`, with one added to every count: p(w) = (c(w) +
 * 1) / (n + V). Scores every symbol of `text` except the first, because the model's score leaves out the first symbol,
 * too. `text` has at least two symbols.
 */
export async function unigramBaseline(
  training: Symbols,
  text: Symbols,
  vocabularySize: number,
): Promise<Baseline> {
  const counts = new Float64Array(vocabularySize).fill(1);
  for await (const [start, end] of blocks(0, training.length)) {
    for (let i = start; i < end; i++) counts[training.at(i)]++;
  }
  const bits = counts.map((count) => Math.log2((training.length + vocabularySize) / count));
  let sum = 0;
  for await (const [start, end] of blocks(1, text.length)) {
    for (let i = start; i < end; i++) sum += bits[text.at(i)];
  }
  return { bitsPerCharacter: sum / (text.length - 1) };
}
