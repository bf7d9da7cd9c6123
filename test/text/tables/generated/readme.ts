import { readFileSync } from "node:fs";

/** What corpora/README.md states about a table. */
export interface StatedTable {
  readonly examples: number;
  readonly classes: number;
  readonly commonestClass: number;
  readonly bestAccuracy: number;
  readonly bestInFile: number;
}

/** @param file the name of the table's file in corpora/ */
export function statedTable(file: string): StatedTable {
  const [examples, classes, commonestClass, bestAccuracy, bestInFile] = cellsOf(file).map((cell) =>
    Number(cell.replaceAll(",", "")),
  );
  return { examples, classes, commonestClass, bestAccuracy, bestInFile };
}

/** The cells of a file's row in one of the README's tables, after its name. */
function cellsOf(file: string): string[] {
  const row = readFileSync("corpora/README.md", "utf8")
    .split("\n")
    .find((line) => line.startsWith(`| ${file} `));
  return (row?.split("|").slice(2, -1) ?? []).map((cell) => cell.trim());
}

/** The lines of a table in corpora/, without its header. */
export function rowsOf(file: string): string[] {
  return readFileSync(`corpora/${file}`, "utf8").trimEnd().split("\n").slice(1);
}

/** What corpora/README.md states about a table whose answers are tags, numbers or texts. */
export interface StatedSequences {
  readonly task: string;
  readonly examples: number;
  readonly best: number;
  readonly simpleGuess: number;
}

/** @param file the name of the table's file in corpora/ */
export function statedSequences(file: string): StatedSequences {
  const [task, examples, , best, simpleGuess] = cellsOf(file);
  return {
    task,
    examples: Number(examples.replaceAll(",", "")),
    best: Number(best),
    simpleGuess: Number(simpleGuess),
  };
}

/** Whether the README's words, in whatever lines, contain this. */
export function readmeSays(words: string): boolean {
  return readFileSync("corpora/README.md", "utf8").replace(/\s+/g, " ").includes(words);
}

/** The share of the examples that get the commonest answer of examples with the same feature. */
export function commonestAnswers(examples: Iterable<readonly [feature: string, answer: string]>): number {
  const counts = new Map<string, Map<string, number>>();
  let total = 0;
  for (const [feature, answer] of examples) {
    const answers = counts.get(feature) ?? new Map<string, number>();
    counts.set(feature, answers.set(answer, (answers.get(answer) ?? 0) + 1));
    total++;
  }
  const right = Array.from(counts.values(), (answers) => Math.max(...answers.values()));
  return right.reduce((sum, count) => sum + count, 0) / total;
}
