import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { errorCode, fileError } from "./file-error.ts";

/**
 * Makes a folder and those above it, each with this mode. mkdir's own `recursive` never returns where nothing can be
 * made, as in /proc, and calls a folder that cannot be written to missing.
 * @throws CharrnnError where one cannot be made
 */
export function makeFolders(folder: string, mode?: number): void {
  if (existsSync(folder)) return;
  if (dirname(folder) !== folder) makeFolders(dirname(folder), mode);
  makeFolder(folder, mode);
}

/**
 * Makes a folder; false where there is one, so that of two processes one alone makes it.
 * @throws CharrnnError where it cannot be made
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
