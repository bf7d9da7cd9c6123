import { MEETING_BYTES, SCRATCH_BYTES } from "./memory-map.ts";
import { isCell, kernelRecords, recordOf, type KernelName } from "./lowering/kernel-records.ts";
import { PACKED_BYTES, PACKED_STEPS } from "./lowering/packing.ts";
import { DEPTH } from "./lowering/sums.ts";
import { type KernelRecord, type Word } from "./operations/record.ts";
import { BLOCK } from "./operations/updates.ts";
import { COLUMN_BLOCK } from "./sharing.ts";

/** TypeScript and C must agree on these sizes. */
const SIZES = { BLOCK, COLUMN_BLOCK, DEPTH, MEETING_BYTES, PACKED_BYTES, PACKED_STEPS, SCRATCH_BYTES };

const names = Object.keys(kernelRecords) as KernelName[];

/**
 * The records of the operations as macros for the C source: OPERATIONS and CELL_OPERATIONS list the kernels, and
 * WORDS_<name> lists the words of one kernel. kernels/machine.h defines structs and functions from these macros.
 */
const RECORDS = {
  OPERATIONS: names.map((name) => `X(${snakeCase(name)})`).join(" "),
  CELL_OPERATIONS: names
    .filter(isCell)
    .map((name) => `X(${snakeCase(name)})`)
    .join(" "),
  ...Object.fromEntries(names.map((name) => [`WORDS_${snakeCase(name)}`, wordsOf(recordOf(name))])),
};

/**
 * Flags for every compiler of the kernels. A compiler must not reorder or fuse arithmetic by itself, because results
 * would then depend on the number of threads.
 */
export const KERNEL_FLAGS: readonly string[] = [
  "-std=gnu11",
  "-O3",
  "-fno-math-errno",
  "-ffp-contract=off",
  ...Object.entries({ ...SIZES, ...RECORDS }).map(([name, value]) => `-D${name}=${value}`),
];

function wordsOf<Operands>({ words, sharing }: KernelRecord<Operands>): string {
  const share = { rows: ["ROWS"], parts: ["PART"] }[sharing.by as string] ?? [];
  return [...words.map(wordOf), ...share].join(" ");
}

function wordOf<Operands>({ name, type, gates, optional = false }: Word<Operands>): string {
  if (gates !== undefined) return `${optional ? "OPTIONAL_ROW" : "ROW"}(${snakeCase(name)},${gates})`;
  return `${type.toUpperCase()}(${snakeCase(name)})`;
}

/** Converts a name to snake case: `cellBefore` is `cell_before`. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
