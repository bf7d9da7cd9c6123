import { kernelRecords, recordOf, type LoweredOperation } from "./lowering/kernel-records.ts";
import { type Sharing, type Word } from "./operations/record.ts";
import { columnShares } from "./sharing.ts";
import { overlap, rowCount, width, type Tensor } from "./tensor.ts";

/** Codes that do not stand for an operation. */
const END = 0;
const BARRIER = 1;
const FIRST_CODE = 2;

const codes = new Map(Object.keys(kernelRecords).map((name, index) => [name, FIRST_CODE + index]));

/** How the threads of a team share one operation of a program. */
interface Share {
  /** If two operations have the same value, no thread of the second uses elements that another wrote in the first. */
  readonly by: string;
  /** The words that tell the kernel how to share the work. These words come after those of the operation's record. */
  readonly words: readonly number[];
  /**
   * Whether a thread reads rows that other threads wrote. Then all threads meet before the operation, and again after
   * it.
   */
  readonly readsOtherRows?: boolean;
  /**
   * If several threads make parts of one row: their number, the tensors they write, and the tensor they read in whole
   * rows.
   */
  readonly parts?: {
    readonly threads: number;
    readonly written: readonly Tensor[];
    readonly readWhole: Tensor | undefined;
  };
}

/**
 * Writes operations as the 32-bit words that kernels/program.c reads, for a layout that begins at byte `base` of the
 * arena. All threads meet at a barrier wherever the sharing changes, and before and after an operation that reads rows
 * of other threads. If threads share the columns of a row, only the threads of these rows meet at two more barriers:
 * one before an operation that reads whole rows, such as a product, and one before an operation that overwrites the
 * rows.
 */
export function writeProgram(
  program: readonly LoweredOperation[],
  base: number,
  threads: number,
): Uint32Array {
  const words: number[] = [];
  let before: Share | undefined;
  let readWhole: Tensor | undefined;
  for (const operation of program) {
    const share = shareOf(operation, threads);
    const { parts } = share;
    const overwrites = parts?.written.some((tensor) => readWhole && overlap(tensor, readWhole));
    if (before && (share.by !== before.by || share.readsOtherRows || parts?.readWhole || overwrites)) {
      const members = share.by === before.by ? parts?.threads : undefined;
      words.push(BARRIER, members ?? threads);
      readWhole = undefined;
    }
    words.push(codeOf(operation), ...operandsOf(operation, base), ...share.words);
    readWhole = parts?.readWhole ?? readWhole;
    before = share;
  }
  return Uint32Array.from([...words, END]);
}

function codeOf({ op }: LoweredOperation): number {
  const code = codes.get(op);
  if (code === undefined) throw new Error(`no kernel ${op}`);
  return code;
}

function operandsOf(operation: LoweredOperation, base: number): number[] {
  return recordOf(operation.op).words.map((word) => wordOf(word, operation, base));
}

function wordOf({ type, value }: Word<LoweredOperation>, operation: LoweredOperation, base: number): number {
  const operand = value(operation);
  // For the kernels, offset 0 means that the tensor is missing.
  if (typeof operand !== "number") return operand === undefined ? 0 : base + operand.offset;
  return type === "float" ? bitsOf(operand) : operand;
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

function bitsOf(value: number): number {
  float[0] = value;
  return bits[0];
}

function shareOf(operation: LoweredOperation, threads: number): Share {
  const sharing: Sharing<LoweredOperation> = recordOf(operation.op).sharing;
  if (sharing.by !== "rows" && sharing.by !== "parts") return { by: sharing.by, words: [] };
  const shared = sharing.of(operation);
  const rows = rowCount(shared);
  if (sharing.by === "rows") {
    const { readsOtherRows } = sharing;
    // No other kind of operation has this value, so threads meet before and after the operation.
    const by = `${rows} rows${readsOtherRows ? " from any" : ""}`;
    return { by, words: [rows, width(shared)], readsOtherRows };
  }
  const columns = width(shared) / sharing.groups(operation);
  const across = columnShares(threads, rows, columns);
  const words = [rows, across, columns];
  if (across === 1) return { by: `${rows} rows`, words };
  const written = sharing.written(operation).filter((tensor) => tensor !== undefined);
  return {
    by: `${rows} rows x ${columns} columns`,
    words,
    parts: { threads: across, written, readWhole: sharing.readWhole(operation) },
  };
}
