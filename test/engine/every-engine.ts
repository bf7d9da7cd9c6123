import { openCompiled } from "../../src/engine/node/compiled-engine.ts";
import { type Engine } from "../../src/engine/engine.ts";
import { type Operation } from "../../src/engine/operation.ts";
import { ReferenceEngine } from "../../src/engine/reference.ts";
import { type Layout } from "../../src/engine/tensor.ts";
import { testsAll } from "../scope.ts";
import { compiledKernels } from "./compiled-kernels.ts";

/** An engine with one program, by what tests call it. */
export interface OpenedEngine {
  readonly label: string;
  readonly open: (layout: Layout, program: readonly Operation[]) => Promise<Engine<"it">>;
}

/**
 * The reference engine and all compiled ones that run here. They compute on the test's own thread, and on two threads in
 * `npm run test:all`, because to start threads takes longer than the work. operations.test.ts has every operation on
 * several threads.
 */
export async function everyEngine(): Promise<OpenedEngine[]> {
  const threads = testsAll ? 2 : 0;
  const compiled = (await compiledKernels()).map(({ label, kernels }): OpenedEngine => ({
    label,
    open: (layout, program) => openCompiled(kernels, layout, { it: program }, { threads }),
  }));
  const reference: OpenedEngine = {
    label: "reference",
    open: (layout, program) => Promise.resolve(new ReferenceEngine(layout, { it: program })),
  };
  return [reference, ...compiled];
}
