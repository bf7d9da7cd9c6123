import { CharrnnError, messageOf } from "../errors.ts";
import { writeAtomically } from "./atomic.ts";
import type { OpenFile } from "./atomic.ts";
import { checkpointPieces } from "./encode.ts";
import { DATA_LIMIT } from "./format.ts";
import type { Checkpoint } from "./format.ts";
import { validateCheckpoint } from "./validate.ts";

interface WriteOptions {
  /** Base64 characters in one string of `data`: a multiple of 4. */
  readonly dataLimit?: number;
  readonly openFile?: OpenFile;
}

/**
 * Writes a checkpoint to `path`, in pieces and atomically; its tensors must not change until the promise settles,
 * and may lie in shared memory. Throws a CharrnnError, the file at `path` left as it was, where the disk is full or
 * not writable, and for a checkpoint that `readCheckpoint` would refuse, such as one with NaN in its parameters.
 */
export async function writeCheckpoint(
  path: string,
  checkpoint: Checkpoint,
  { dataLimit = DATA_LIMIT, openFile }: WriteOptions = {},
): Promise<void> {
  await writeAtomically(path, validPieces(path, checkpoint, dataLimit), openFile);
}

function* validPieces(path: string, checkpoint: Checkpoint, dataLimit: number): Generator<Buffer> {
  try {
    yield* checkpointPieces(validateCheckpoint(checkpoint), dataLimit);
  } catch (error) {
    if (!(error instanceof CharrnnError)) throw error;
    throw new CharrnnError(
      `cannot save the checkpoint ${path}: ${messageOf(error)}; what was there before is kept`,
    );
  }
}
