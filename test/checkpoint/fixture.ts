import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { elementCount } from "../../src/engine/tensor.ts";
import { type Checkpoint, type StoredConfig, type TrainingState } from "../../src/checkpoint/format.ts";
import { type StoredValues } from "../../src/model/weights.ts";
import { parameterShapes } from "../../src/model/shapes.ts";

/** A folder of its own for one test, removed when that ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "charrnn-test-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** A checkpoint over the characters a, b and c whose every parameter is `value`. */
export function checkpointOf(
  training?: TrainingState,
  { value = 0.5, ...size }: Partial<StoredConfig> & { value?: number } = {},
): Checkpoint {
  const model: StoredConfig = {
    cell: "gru",
    layers: 2,
    hidden: 3,
    embedding: 0,
    dropout: 0.25,
    ...size,
  };
  const parameters = new Map<string, StoredValues>();
  for (const [name, shape] of parameterShapes(model, { inputs: 3, outputs: 3 })) {
    parameters.set(name, {
      shape,
      dtype: "float32",
      data: new Float32Array(elementCount(shape)).fill(value),
    });
  }
  return { model, vocabulary: { unit: "char", symbols: ["a", "b", "c"] }, parameters, training };
}

/** The text of a checkpoint file: `body` is the object without its closing brace. */
export function sealed(body: string): string {
  return `${body},"checksum":"sha256:${createHash("sha256").update(body).digest("hex")}"}`;
}

/** The message of what a function throws; fails where it throws nothing. */
export function messageFrom(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error("nothing was thrown");
}
