import { type Checkpoint } from "../../checkpoint/format.ts";
import { UsageError } from "../../errors.ts";
import {
  drawSamples,
  type SampleOptions,
  type SamplePiece,
  type WritingModel,
} from "../../sampling/sample.ts";
import { codeOf, endOf, networkSizes, writeInputs, type TextCode } from "./code.ts";
import { encodeConditions } from "./conditions.ts";
import { conditionsFor } from "./requests.ts";

/** How many texts are drawn from each label. */
const SAMPLES_EACH = 5;

/**
 * Draws texts from labels or numbers: `num` from each of the conditions that the options name.
 * @throws UsageError if an option is wrong, a label is unknown, or a column has no label or number
 * @throws CharrnnError as `sample` of a language model does
 */
export async function* sampleTexts(
  checkpoint: Checkpoint,
  { labels, values, num = SAMPLES_EACH, ...options }: SampleOptions,
): AsyncGenerator<SamplePiece, void, undefined> {
  if (options.primes !== undefined) {
    throw new UsageError("--primes is for language models: give one --prime, or leave it out");
  }
  const code = codeOf(checkpoint);
  const conditions = conditionsFor({ labels, values }, code);
  const all = { ...options, num: num * conditions.length };
  const drawn = drawSamples(checkpoint, writerOf(code, conditions, num), all);
  for await (const piece of drawn) {
    const own = conditions[Math.floor(piece.index / num)];
    const named = Object.fromEntries(code.columns.input.map((name, column) => [name, own[column]]));
    yield { ...piece, conditions: named };
  }
}

/** The writer that draws `num` texts from each of the conditions. */
export function writerOf(
  code: TextCode,
  conditions: readonly (readonly string[])[],
  num: number,
): WritingModel {
  const { columns, vocabulary } = code;
  const asked = (row: readonly string[]) => ({ conditions: row, table: "the request", line: 1 });
  const firsts = conditions.map((row) => encodeConditions(asked(row), columns.input, code.conditions));
  const sizes = networkSizes(code);
  return {
    vocabulary,
    sizes,
    end: { symbol: endOf(code), endsSample: true },
    startsOf: (index, prime) => [[-1 - Math.floor(index / num), ...prime.indices]],
    inputsOf: (symbols) => {
      const inputs = new Float32Array(symbols.length * sizes.inputs);
      symbols.forEach((symbol, row) => {
        writeInputs(symbol, inputs.subarray(row * sizes.inputs, (row + 1) * sizes.inputs), firsts, code);
      });
      return inputs;
    },
  };
}
