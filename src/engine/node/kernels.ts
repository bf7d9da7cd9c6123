import { TEAM_OFFSET, threadArea } from "../memory-map.ts";
import { instantiate } from "../wasm-instance.ts";
import { loadNative } from "./native-addon.ts";

/** The kernels, compiled from the same C source in one of two ways. Both forms can be passed to another thread. */
export type Kernels =
  | { readonly name: "wasm"; readonly module: WebAssembly.Module }
  | { readonly name: "native"; readonly addon: string };

/** Runs a program as one thread of a team. Returns when this thread's share of the work is done. */
export type Runner = (program: number, thread: number, threads: number) => void;

/** Loads the kernels for thread `index` of the team that works in `memory`. */
export function openRunner(kernels: Kernels, memory: WebAssembly.Memory, index: number): Runner {
  const { stackTop, scratch } = threadArea(index);
  if (kernels.name === "native") {
    const { run } = loadNative(kernels.addon);
    const arena = new Uint8Array(memory.buffer);
    return (program, thread, threads) => {
      run(arena, program, TEAM_OFFSET, scratch, thread, threads);
    };
  }
  const run = instantiate(kernels.module, memory, stackTop);
  return (program, thread, threads) => {
    run(0, program, TEAM_OFFSET, scratch, thread, threads);
  };
}
