import { type Checkpoint } from "../checkpoint/format.ts";
import { textModelOf } from "../checkpoint/text-model.ts";
import { readOwnCorpus } from "./own-text.ts";

/** How many symbols are copied at once. */
const SYMBOLS_AT_ONCE = 2 ** 16;

/**
 * How often each symbol of a language model occurs in the text that it was trained on, all splits together.
 * @throws CharrnnError if the checkpoint names no text, or the text is gone or has changed
 */
export async function countSymbols(
  checkpoint: Checkpoint,
  corpusFolder: string | undefined,
): Promise<Float64Array> {
  const { vocabulary } = textModelOf(checkpoint);
  const { symbols } = (await readOwnCorpus(checkpoint, vocabulary, { corpusFolder })).corpus;
  const counts = new Float64Array(vocabulary.size);
  const piece = new Int32Array(Math.min(SYMBOLS_AT_ONCE, symbols.length));
  for (let start = 0; start < symbols.length; start += SYMBOLS_AT_ONCE) {
    const count = Math.min(SYMBOLS_AT_ONCE, symbols.length - start);
    symbols.copyTo(piece, 0, start, start + count);
    for (let i = 0; i < count; i++) counts[piece[i]]++;
  }
  return counts;
}
