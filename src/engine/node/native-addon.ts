/** This file does not import the compiler of the add-on, so a thread that starts loads few modules. */
import { createRequire } from "node:module";
import { type KernelEntry } from "../kernel-entry.ts";

export interface NativeProperties {
  /** The width of the kernels' vectors. */
  readonly vectorBits: number;
  /** Whether the kernels multiply matrices with the CPU's tile instructions (AMX). */
  readonly tiles: boolean;
}

interface NativeExports extends NativeProperties {
  readonly run: KernelEntry<Uint8Array>;
}

/** Loads kernels into this thread. Every thread has to load the kernels for itself. */
export function loadNative(addon: string): NativeExports {
  return createRequire(import.meta.url)(addon) as NativeExports;
}
