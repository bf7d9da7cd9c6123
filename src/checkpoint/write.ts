import { CharrnnError, messageOf } from "../errors.ts";
import { writeAtomically, type OpenFile } from "./atomic.ts";
import { checkpointPieces } from "./encode.ts";
import { DATA_LIMIT, type Checkpoint } from "./format.ts";
import { validateCheckpoint } from "./validate.ts";

interface WriteOptions {
  /** The most base64 characters in one string of `data`: a multiple of 4. */
  readonly dataLimit?: number;
  readonly openFile?: OpenFile;
}

/**
 * Writes a checkpoint to `path`, in pieces and atomically. The tensors may be in shared memory, but they must not
 * change until the promise settles. After an error, the file at `path` is unchanged.
 * @throws CharrnnError if the disk is full or not writable
 * @throws CharrnnError if `readCheckpoint` would refuse the checkpoint (for NaN in a parameter, for example)
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
      `cannot save the checkpoint ${path}: ${messageOf(error)}; an older checkpoint of this name is kept`,
    );
  }
}
