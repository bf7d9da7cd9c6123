import { type Of, type Operation } from "../operation.ts";
import { type Packed } from "../operations/products.ts";
import { COLUMN_BLOCK } from "../sharing.ts";
import { ELEMENT_BYTES, Layout, overlap, rowCount, rowsOfStep, width, type Tensor } from "../tensor.ts";
import { isCell, recordOf, tensorsOf } from "./kernel-records.ts";

/** The bytes of an element packed for tiles, and the rows of a block of them. */
export const PACKED_BYTES = 3;
export const PACKED_STEPS = 64;

/** Products of fewer rows than these are faster by vectors than by tiles: measured at 128 units. */
const FEW_ROWS = 4;

/** Weights packed in one way. */
export interface PackedWeights extends Packed {
  readonly weights: Tensor;
  readonly transposed: boolean;
}

/** Gives packed weights their places, behind a layout. Weights that products need in one way are packed once. */
export class Packing {
  readonly #layout: Layout;
  readonly #batchInvariant: boolean;
  readonly #packed = new Map<string, PackedWeights>();

  /** `batchInvariant`: a row must come out the same, to the bit, however many rows are computed with it. */
  constructor(start: number, batchInvariant: boolean) {
    this.#layout = new Layout(start);
    this.#batchInvariant = batchInvariant;
  }

  /** Bytes up to the end of the last place; 0 if nothing is packed. */
  get bytes(): number {
    return this.#layout.bytes;
  }

  /** The packed weights of the product that is operation `index` of a program. */
  of(product: Of<"multiply">, program: readonly Operation[], index: number): PackedWeights {
    const { weights, transposed, input, output } = product;
    const groups = groupsOf(output, program, index);
    const fewRows = this.#batchInvariant || rowsOfStep(input) < FEW_ROWS;
    const key = [weights.offset, transposed, groups, fewRows].join();
    const known = this.#packed.get(key);
    if (known !== undefined) return known;
    const panels = this.#place(width(input), width(output), groups, fewRows);
    const packed = { weights, transposed, panels, groups, fewRows };
    this.#packed.set(key, packed);
    return packed;
  }

  /**
   * Room for a right operand [k, n]. Whole blocks of columns serve every width of vectors. It is packed as floats or,
   * unless its products have few rows, for tiles: whole blocks of rows, and the scale of each column.
   */
  #place(k: number, n: number, groups: number, fewRows: boolean): Tensor {
    const columns = groups * Math.ceil(n / groups / COLUMN_BLOCK) * COLUMN_BLOCK;
    const forTiles = Math.ceil(k / PACKED_STEPS) * PACKED_STEPS * (PACKED_BYTES / ELEMENT_BYTES) + 1;
    return this.#layout.tensor([fewRows ? k : Math.max(k, forTiles), columns]);
  }
}

/**
 * Into how many groups the columns of an output [.., N] fall: the gates, if a cell is the next to read them and takes as
 * many rows. Threads share the columns of every gate alike, so a thread has all gates of its units.
 */
export function groupsOf(output: Tensor, program: readonly Operation[], index: number): number {
  for (let next = index + 1; next < program.length; next++) {
    const reader = program[next];
    if (!tensorsOf(reader).some((used) => overlap(used, output))) continue;
    const { sharing } = recordOf(reader.op);
    if (!isCell(reader.op) || sharing.by !== "parts") return 1;
    const units = sharing.of(reader);
    return rowCount(units) === rowCount(output) ? width(output) / width(units) : 1;
  }
  return 1;
}
