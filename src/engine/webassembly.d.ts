/**
 * The part of the WebAssembly JavaScript API that the engine uses. Node's types do not have this API; only the DOM's
 * types do.
 */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
    /** Makes the type different from those of other objects. */
    readonly brand: never;
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum: number; shared: true });
    readonly buffer: SharedArrayBuffer;
  }
  class Instance {
    constructor(module: Module, imports?: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }
  interface Global {
    value: number;
  }
  function validate(bytes: Uint8Array): boolean;
}
