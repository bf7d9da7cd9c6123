import { type TextCode } from "../../../src/tasks/one-to-many/code.ts";
import { type ConditionedText } from "../../../src/tasks/one-to-many/conditioned-texts.ts";
import { Vocabulary } from "../../../src/text/vocabulary.ts";

/** A text as if it stood in line 2 of texts.tsv. */
export function textWith(conditions: readonly string[], steps: string): ConditionedText {
  return { conditions, steps, targets: [], group: undefined, table: "texts.tsv", line: 2 };
}

/** Texts of a and b from a label, x or y, and a number of mean 10 and deviation 2. */
export const code: TextCode = {
  columns: { input: ["kind", "size"], target: "text", kind: "char", maxLength: 10, truncate: false },
  conditions: [{ labels: ["x", "y"] }, { mean: 10, deviation: 2 }],
  vocabulary: Vocabulary.fromCounts("char", new Map([[97, 1], [98, 1]]), 1),
  feedsBack: true,
}; // prettier-ignore
