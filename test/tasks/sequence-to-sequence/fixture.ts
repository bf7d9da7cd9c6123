import { type EncodedSteps } from "../../../src/tasks/examples/inputs.ts";
import { type Pairs } from "../../../src/tasks/sequence-to-sequence/pair-code.ts";

export function stepsOf(rows: readonly (readonly number[])[]): EncodedSteps {
  const starts = [0];
  for (const row of rows) starts.push(starts[starts.length - 1] + row.length);
  return { starts: Uint32Array.from(starts), steps: Int32Array.from(rows.flat()), width: 1, skipped: 0 };
}

export function pairsOf(
  inputs: readonly (readonly number[])[],
  outputs: readonly (readonly number[])[],
): Pairs {
  return { count: inputs.length, inputs: stepsOf(inputs), outputs: stepsOf(outputs) };
}
