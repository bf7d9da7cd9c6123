import { type NetworkSizes } from "../../model/shapes.ts";
import { Random } from "../../random.ts";
import { type ExampleText } from "../../text/example-text.ts";
import { type Symbols } from "../../text/symbols.ts";
import { MOST_LAG, type LossRows } from "./rows.ts";

/** How many symbols before a row warm up its states, as in an evaluation. */
const WARMUP_LENGTH = 1000;

/** A row reads the symbols [start, end) and predicts the symbol at `end`. `first` is the first symbol it may know. */
interface Place {
  readonly first: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Random places of a text. Each row reads the MOST_LAG + 1 symbols before its place, or fewer if the text or the example
 * has fewer, and its loss is that of the symbol at the place. The text has at least 2 symbols.
 */
export function textRows(
  { text, examples }: { readonly text: Symbols; readonly examples: ExampleText | undefined },
  network: NetworkSizes,
  { count, seed }: { readonly count: number; readonly seed: number },
): LossRows {
  const random = Random.of(seed);
  const earliest = Math.min(MOST_LAG + 1, text.length - 1);
  const places = Array.from({ length: count }, (): Place => {
    const end = earliest + Math.floor(random.next() * (text.length - earliest));
    const first = examples === undefined ? 0 : beginningBefore(examples, end);
    return { first, start: Math.max(first, end - MOST_LAG - 1), end };
  });
  const lengthOf = (row: number) => places[row].end - places[row].start;
  const steps = places.reduce((most, _, row) => Math.max(most, lengthOf(row)), 0);
  const symbols = new Int32Array(steps);
  return {
    network,
    head: { reads: "last", loss: "softmax", weighted: false },
    count,
    steps,
    lengthOf,
    before(row) {
      const { first, start } = places[row];
      const from = Math.max(first, start - WARMUP_LENGTH);
      const read = new Int32Array(start - from);
      text.copyTo(read, 0, from, start);
      return read;
    },
    fill(rows, B) {
      const inputs = new Int32Array(steps * B);
      const targets = new Int32Array(B).fill(-1);
      const last = Int32Array.from({ length: B }, (_, b) => b);
      const ends = new Int32Array(steps * B).fill(-1);
      rows.forEach((row, b) => {
        const { start, end } = places[row];
        text.copyTo(symbols, 0, start, end);
        for (let t = 0; t < end - start; t++) inputs[t * B + b] = symbols[t];
        targets[b] = text.at(end);
        last[b] = (end - start - 1) * B + b;
        ends[last[b]] = b;
      });
      return { inputs, targets, last, ends };
    },
  };
}

/** The position of the end before the example that a position is in, or ends. */
function beginningBefore(examples: ExampleText, position: number): number {
  let [low, high] = [0, examples.count - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (examples.endBefore(middle) < position) low = middle;
    else high = middle - 1;
  }
  return examples.endBefore(low);
}
