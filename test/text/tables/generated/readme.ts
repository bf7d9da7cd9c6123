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
  const row = readFileSync("corpora/README.md", "utf8")
    .split("\n")
    .find((line) => line.startsWith(`| ${file} `));
  const cells = row?.split("|").slice(2, -1) ?? [];
  const [examples, classes, commonestClass, bestAccuracy, bestInFile] = cells.map((cell) =>
    Number(cell.replaceAll(",", "")),
  );
  return { examples, classes, commonestClass, bestAccuracy, bestInFile };
}

/** The lines of a table in corpora/, without its header. */
export function rowsOf(file: string): string[] {
  return readFileSync(`corpora/${file}`, "utf8").trimEnd().split("\n").slice(1);
}
