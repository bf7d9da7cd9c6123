import { type KernelEntry } from "./kernel-entry.ts";

interface KernelExports {
  /** The arena begins at 0, the memory's first byte. */
  run: KernelEntry<number>;
  __stack_pointer: WebAssembly.Global;
}

/**
 * An instance of the kernels for one thread. Every instance of a module starts with the same stack pointer, and threads
 * would overwrite each other's stacks. So the pointer is set to the top of this thread's own stack.
 */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  stackTop: number,
): KernelEntry<number> {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const { run, __stack_pointer: stackPointer } = exports as unknown as KernelExports;
  stackPointer.value = stackTop;
  return run;
}
