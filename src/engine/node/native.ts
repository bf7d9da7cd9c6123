import { basename } from "node:path";
import { type EngineKind } from "../engine.ts";
import { compiledEngine } from "./compiled-engine.ts";
import { findNativeKernels } from "./native-kernels.ts";

/** The engine of kernels compiled for this CPU. The engine can run if there is a C compiler. */
export const native: EngineKind = {
  isFast: true,
  async find(compiling) {
    const found = await findNativeKernels(compiling);
    if ("unavailable" in found) return found;
    const { addon, vectorBits, tiles } = found;
    return compiledEngine(
      { name: "native", addon },
      basename(addon, ".node"),
      `compiled for this CPU, ${vectorBits}-bit vectors${tiles ? " and matrix tiles" : ""}`,
    );
  },
};
