import { CharrnnError, messageOf } from "./errors.ts";

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full; free some space or choose a folder on another disk",
  EDQUOT: "your disk quota is used up; free some space or choose a folder on another disk",
  EACCES: "permission is denied; change the permissions or choose another path",
  EPERM: "permission is denied; change the permissions or choose another path",
  EROFS: "the disk is read-only; choose a folder on another disk",
  ENOENT: "no such file or folder; check the path",
  ENOTDIR: "a part of the path is a file, not a folder; check the path",
  EISDIR: "it is a folder, not a file; check the path",
  EMFILE: "too many files are open; raise the limit (ulimit -n)",
  EIO: "the disk reports an error; choose a folder on another disk",
};

/**
 * The one-line error for a failed file operation. `action` is a verb: "write" gives "cannot write PATH: the disk is
 * full; ...". A CharrnnError is returned as it is.
 */
export function fileError(action: string, path: string, error: unknown): CharrnnError {
  if (error instanceof CharrnnError) return error;
  const reason = reasons[errorCode(error) ?? ""] ?? messageOf(error);
  return new CharrnnError(`cannot ${action} ${path}: ${reason}`, { cause: error });
}

/** The system's code of an error (ENOENT, for example); undefined if the error has no code. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
