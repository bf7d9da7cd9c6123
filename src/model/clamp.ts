import { parseNumber } from "../arguments.ts";
import { type Layout, type Tensor } from "../engine/tensor.ts";
import { FIXED_CONSTANTS, type FixedUnit } from "./cells/cell.ts";
import { groupOf, parseUnit } from "./unit-names.ts";
import { type Direction, type ModelShape } from "./shapes.ts";

/** A unit of a state with a value that it has at every step, whatever its cell computes. */
export interface Clamp {
  /** The name of the unit: `c:0:42`. */
  readonly unit: string;
  readonly value: number;
}

/** A clamp of the rows [start, end) of a batch. Without `rows`, of all rows. */
export interface RowClamp extends Clamp {
  readonly rows?: { readonly start: number; readonly end: number };
}

/** Values that a caller writes into a tensor once, before it runs programs. */
export interface Constant {
  readonly tensor: Tensor;
  readonly values: Float32Array;
}

/**
 * Reads a clamp as it is written on a command line: `c:0:42=0.9`.
 * @throws UsageError if the text is no clamp
 */
export function parseClamp(text: string): Clamp {
  const [unit, ...values] = text.split("=");
  parseUnit(unit);
  const value = parseNumber(
    values.join("="),
    `the value of ${unit.trim()}, as in ${unit.trim()}=0.9,`,
    {},
    false,
  );
  return { unit: unit.trim(), value };
}

/**
 * Declares the fixed units of a layer in one direction, with the constants that they need.
 * @throws UsageError if the network has no such unit
 */
export function declareFixed(
  layout: Layout,
  clamps: readonly RowClamp[],
  model: ModelShape,
  { batch, layer, direction }: { batch: number; layer: number; direction: Direction },
): { fixed: FixedUnit[]; constants: Constant[] } {
  const constants: Constant[] = [];
  const fixed = clamps.flatMap(({ unit, value, rows = { start: 0, end: batch } }): FixedUnit[] => {
    const name = parseUnit(unit);
    const group = groupOf(name, model);
    if (group.layer !== layer || group.direction !== direction) return [];
    const tensor = layout.tensor([rows.end - rows.start, FIXED_CONSTANTS.length + 1]);
    const row = [value, ...FIXED_CONSTANTS];
    constants.push({
      tensor,
      values: Float32Array.from({ length: tensor.size }, (_, i) => row[i % row.length]),
    });
    return [{ state: group.index, unit: name.unit, rows, constants: tensor }];
  });
  return { fixed, constants };
}
