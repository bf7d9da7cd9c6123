import { type Programs } from "../engine.ts";
import { type Of, type Operation } from "../operation.ts";
import { type Layout } from "../tensor.ts";
import { type LoweredOperation } from "./kernel-records.ts";
import { groupsOf, Packing, type PackedWeights } from "./packing.ts";
import { freeFrom, lowerSums, sumsFrom } from "./sums.ts";

export interface Lowered<Program extends string> {
  readonly programs: Readonly<Record<Program, readonly LoweredOperation[]>>;
  /** The bytes of the layout and the packed weights together. */
  readonly bytes: number;
}

/**
 * Turns the programs of a model into programs for the compiled kernels. Lowering decides two things that matter for
 * speed on a CPU: how weights are packed for products, and in which parts gradients are summed. Neither decision
 * depends on the number of threads, so the results do not either. With `batchInvariant`, the result of a row does not
 * depend on the number of rows.
 */
export function lower<Program extends string>(
  programs: Programs<Program>,
  layout: Layout,
  batchInvariant = false,
): Lowered<Program> {
  const packing = new Packing(layout.bytes, batchInvariant);
  const given = Object.entries<readonly Operation[]>(programs);
  const packed = given.map(([, program]) => packedIn(program, packing));
  // A program that packs and multiplies packs its own weights. A program that only packs prepares the weights of the
  // programs that only multiply.
  const elsewhere = given.flatMap(([, program], index) =>
    packs(program) ? [] : [...packed[index].values()],
  );
  const lowered = given.map(([name, program], index) => {
    const needed = packed[index].size > 0 ? [...packed[index].values()] : elsewhere;
    return [name, lowerProgram(program, layout, packed[index], new Set(needed))] as const;
  });
  return {
    programs: Object.fromEntries(lowered) as unknown as Lowered<Program>["programs"],
    bytes: Math.max(layout.bytes, packing.bytes),
  };
}

function packs(program: readonly Operation[]): boolean {
  return program.some(({ op }) => op === "pack");
}

/** The packed weights of every product of a program, by the product's index. */
function packedIn(program: readonly Operation[], packing: Packing): Map<number, PackedWeights> {
  const packed = new Map<number, PackedWeights>();
  for (const [index, operation] of program.entries()) {
    if (operation.op === "multiply") packed.set(index, packing.of(operation, program, index));
  }
  return packed;
}

/** Lowers one program. `needed` are the weights that its `pack` operations must pack. */
function lowerProgram(
  program: readonly Operation[],
  layout: Layout,
  products: ReadonlyMap<number, PackedWeights>,
  needed: ReadonlySet<PackedWeights>,
): LoweredOperation[] {
  const lowered: LoweredOperation[] = [];
  for (let index = 0; index < program.length; index++) {
    const operation = program[index];
    const sums = sumsFrom(program, index);
    if (sums.length > 0) {
      lowered.push(...lowerSums(sums, freeFrom(program, index, layout)));
      index += sums.length - 1;
    } else {
      lowered.push(...lowerAlone(operation, program, index, products.get(index), needed));
    }
  }
  return lowered;
}

/** Lowers an operation that is not part of a sum over steps. */
function lowerAlone(
  operation: Operation,
  program: readonly Operation[],
  index: number,
  packed: PackedWeights | undefined,
  needed: ReadonlySet<PackedWeights>,
): LoweredOperation[] {
  switch (operation.op) {
    case "pack":
      return [...needed].filter(isPackedFrom(operation)).map((packing) => ({ ...operation, ...packing }));
    case "multiply":
      if (packed === undefined) throw new Error("a product has no packed weights");
      return [{ ...operation, ...packed }];
    case "gather":
      return [{ ...operation, groups: groupsOf(operation.output, program, index) }];
    case "biasGradient":
    case "scatter":
    case "weightGradient":
      return [{ ...operation, accumulate: false }];
    default:
      return [operation];
  }
}

function isPackedFrom({ weights, transposed }: Of<"pack">) {
  return (packed: PackedWeights) =>
    packed.weights.offset === weights.offset && packed.transposed === transposed;
}
