import { type GeneratedTable } from "../../../../src/text/tables/generated/table.ts";

/** The first examples that a table draws with these numbers. */
export function firstExamples(table: GeneratedTable, count: number, uniform: () => number): string[] {
  const examples: string[] = [];
  for (const example of table.examples(uniform)) {
    examples.push(example);
    if (examples.length === count) break;
  }
  return examples;
}
