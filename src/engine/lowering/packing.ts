import { type Of, type Operation } from "../operation.ts";
import { type Packed } from "../operations/products.ts";
import { COLUMN_BLOCK } from "../sharing.ts";
import { ELEMENT_BYTES, Layout, overlap, rowCount, rowsOfStep, width, type Tensor } from "../tensor.ts";
import { isCell, recordOf, tensorsOf } from "./kernel-records.ts";

/** The bytes of an element that is packed for tiles. */
export const PACKED_BYTES = 3;
/** A block of packed elements has this many rows. A row holds one step of k, the depth of the product. */
export const PACKED_STEPS = 64;

/** Products of fewer rows are faster with vectors than with tiles: measured at 128 units. */
const FEW_ROWS = 4;

/** Weights, and one packing of them. */
export interface PackedWeights extends Packed {
  readonly weights: Tensor;
  readonly transposed: boolean;
}

/** Lays out packed weights behind a layout. Products that need the same packing of the same weights share one copy. */
export class Packing {
  readonly #layout: Layout;
  readonly #batchInvariant: boolean;
  readonly #packed = new Map<string, PackedWeights>();

  /**
   * `start` is the end of the layout in bytes. `batchInvariant`: a row's result must not depend on the number of rows.
   */
  constructor(start: number, batchInvariant: boolean) {
    this.#layout = new Layout(start);
    this.#batchInvariant = batchInvariant;
  }

  /** The end of the last packed weights in bytes, or 0 if there are none. */
  get bytes(): number {
    return this.#layout.bytes;
  }

  /** The packed weights of a product. The product is operation `index` of the program. */
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
   * The memory for a packed right operand [k, n]. The memory has whole blocks of columns, which suit every width of
   * vectors. An operand whose products have few rows is packed as floats. For other operands the memory also has room to
   * pack tiles. Tiles need whole blocks of rows. They also need one row for the scale of each column (kernels/digits.h).
   */
  #place(k: number, n: number, groups: number, fewRows: boolean): Tensor {
    const columns = groups * Math.ceil(n / groups / COLUMN_BLOCK) * COLUMN_BLOCK;
    const forTiles = Math.ceil(k / PACKED_STEPS) * PACKED_STEPS * (PACKED_BYTES / ELEMENT_BYTES) + 1;
    return this.#layout.tensor([fewRows ? k : Math.max(k, forTiles), columns]);
  }
}

/**
 * The number of column groups of an output [.., N]. If the next operation that uses the output is a cell with the same
 * number of rows, the groups are the gates of the cell. Threads divide the columns of every gate in the same way, so a
 * thread has all gates of its units.
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
