import { randomBytes } from "node:crypto";
import { createReadStream, readdirSync, rmSync } from "node:fs";
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorCode, fileError } from "../file-error.ts";

/** A function that opens a file for writing. Tests pass a function whose files fail. */
export type OpenFile = (
  path: string,
  flags: "w",
) => Promise<Pick<FileHandle, "writeFile" | "sync" | "close">>;

type Pieces = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

const temporaryName = /^\..+\.\d+\.[0-9a-f]{8}\.tmp$/;

/** A path in the folder of `path` that no other writer uses. `removeTemporaries` recognizes such paths. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`);
}

/**
 * Writes `pieces` to the file at `path`. At every moment, even after a kill or a power failure, the path has either the
 * old file or the complete new file. The pieces go to a temporary file in the same folder. That file is synced and
 * renamed. Then the folder is synced. A piece is written before the next one is requested.
 * @throws CharrnnError if writing fails; the old file is then unchanged and the temporary file is deleted
 */
export async function writeAtomically(
  path: string,
  pieces: Pieces,
  openFile: OpenFile = open,
): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    const file = await openFile(temporary, "w");
    try {
      for await (const piece of pieces) await file.writeFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError("write", path, error);
  }
}

/**
 * Replaces one file by a copy of another, as `writeAtomically` does.
 * @throws CharrnnError if copying fails
 */
export async function copyAtomically(from: string, to: string): Promise<void> {
  await writeAtomically(to, createReadStream(from) as AsyncIterable<Uint8Array>);
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder, and its file system journals renames itself.
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Removes the temporary files that killed processes left in a run folder. Only the holder of the run's lock may call
 * this function, before it writes any file. No other process writes in the folder, so every temporary file is a
 * leftover.
 * @throws CharrnnError if the folder cannot be cleaned up
 */
export function removeTemporaries(folder: string): void {
  try {
    for (const name of readdirSync(folder)) {
      if (temporaryName.test(name)) rmSync(join(folder, name), { force: true });
    }
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw fileError("clean up", folder, error);
  }
}
