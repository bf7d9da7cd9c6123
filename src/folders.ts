import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { errorCode, fileError } from "./file-error.ts";

/**
 * Makes a folder and the missing folders above it, each with this mode. mkdir's own `recursive` is not used: with this
 * option, mkdir never returns if no folder can be made (in /proc, for example), and reports a read-only folder as
 * missing.
 * @throws CharrnnError if a folder cannot be made
 */
export function makeFolders(folder: string, mode?: number): void {
  if (existsSync(folder)) return;
  if (dirname(folder) !== folder) makeFolders(dirname(folder), mode);
  makeFolder(folder, mode);
}

/**
 * Makes a folder. Returns false if the folder exists already: of two processes that try, only one gets true.
 * @throws CharrnnError if the folder cannot be made
 */
export function makeFolder(folder: string, mode?: number): boolean {
  try {
    mkdirSync(folder, { mode });
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw fileError("make the folder", folder, error);
  }
}
