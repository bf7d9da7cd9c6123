import { linkSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CharrnnError } from "../errors.ts";
import { errorCode, fileError } from "../file-error.ts";
import { temporaryPath } from "./atomic.ts";

/** The process that made a claim. `start` distinguishes this process from a later one with the same pid. */
interface Holder {
  readonly pid: number;
  readonly start: string;
  readonly host: string;
}

interface Claim {
  readonly number: number;
  readonly path: string;
  /** The process that made the claim; undefined if the process no longer exists. */
  readonly holder: Holder | undefined;
}

const claimName = /^\.lock-(\d+)$/;
const ATTEMPTS = 20;

/**
 * Locks a run folder for this process. Returns a function that unlocks the folder. This function may be called at exit
 * and more than once. If the process of an old lock no longer exists, the lock is taken over.
 *
 * A claim is a file `.lock-<n>`. The file is linked into the folder with its content, so only one of several processes
 * can make claim n. A process that has made a claim looks for claims of other live processes, and holds the run only if
 * there are no such claims. There cannot be two holders: the later process would have seen the claim of the earlier
 * one. A claim is removed by its own process, or after that process has ended.
 * @throws CharrnnError if another process holds the run (the message names it), or the folder cannot be locked
 */
export async function lockRun(folder: string): Promise<() => void> {
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const claims = readClaims(folder);
      const held = claims.find(({ holder }) => holder !== undefined);
      if (held !== undefined) throw heldError(folder, held);
      const path = makeClaim(folder, 1 + Math.max(0, ...claims.map(({ number }) => number)));
      if (path === undefined) continue;
      const others = readClaims(folder).filter((claim) => claim.path !== path);
      if (others.every(({ holder }) => holder === undefined)) {
        for (const other of others) rmSync(other.path, { force: true });
        return () => {
          rmSync(path, { force: true });
        };
      }
      // Two processes made a claim at the same time. Both give up, wait for a random time, and try again.
      rmSync(path, { force: true });
      await sleep(5 + Math.random() * 50);
    }
  } catch (error) {
    throw fileError("lock the run", folder, error);
  }
  throw new CharrnnError(`cannot lock the run ${folder}: other processes keep trying to lock it; try again`);
}

/** Whether a process holds a run folder. False if the path is no folder. */
export function isLocked(folder: string): boolean {
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isFolder && readClaims(folder).some(({ holder }) => holder !== undefined);
}

function heldError(folder: string, { path, holder }: Claim): CharrnnError {
  const where = holder?.host === hostname() ? "" : ` on ${holder?.host ?? "another machine"}`;
  return new CharrnnError(
    `the run ${folder} is in use by process ${holder?.pid ?? "unknown"}${where}; ` +
      `wait for it or stop it (if that process no longer exists, delete ${path})`,
  );
}

/** Links claim `number` into the folder and returns its path; undefined if another process was first. */
function makeClaim(folder: string, number: number): string | undefined {
  const path = join(folder, `.lock-${number}`);
  const temporary = temporaryPath(path);
  const holder: Holder = { pid: process.pid, start: startOf(process.pid) ?? "", host: hostname() };
  try {
    writeFileSync(temporary, JSON.stringify(holder));
    linkSync(temporary, path);
    return path;
  } catch (error) {
    const code = errorCode(error);
    // ENOENT: a process that now holds the run may have removed the temporary file as a leftover.
    if (code === "EEXIST" || code === "ENOENT") return undefined;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function readClaims(folder: string): Claim[] {
  return readdirSync(folder).flatMap((name) => {
    const match = claimName.exec(name);
    if (match === null) return [];
    const path = join(folder, name);
    return [{ number: Number(match[1]), path, holder: liveHolder(path) }];
  });
}

function liveHolder(path: string): Holder | undefined {
  let holder: Partial<Holder> | null;
  try {
    holder = JSON.parse(readFileSync(path, "utf8")) as Partial<Holder> | null;
  } catch (error) {
    // The claim has been removed since the folder was listed. Or a power failure cut the file short and ended the
    // process that wrote it.
    if (error instanceof SyntaxError || errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  if (
    typeof holder?.pid !== "number" ||
    typeof holder.start !== "string" ||
    typeof holder.host !== "string"
  ) {
    return undefined;
  }
  const { pid, start, host } = holder;
  // This machine cannot see the processes of another machine.
  const isAlive = host !== hostname() || isSameStart(startOf(pid), start);
  return isAlive ? { pid, start, host } : undefined;
}

/**
 * Whether the process that has the pid now may be the one that made the claim. False if no process has the pid, or if
 * both start times are known and differ.
 */
function isSameStart(now: string | undefined, then: string): boolean {
  return now !== undefined && (now === then || now === "" || then === "");
}

/**
 * The start time of a process in the system's own form: field 22 of /proc/<pid>/stat on Linux. An empty string if the
 * system does not give the start time. Undefined if the process does not exist or is a zombie.
 */
function startOf(pid: number): string | undefined {
  if (!isThere(pid)) return undefined;
  try {
    // The second field is the command in parentheses. This command may contain spaces and parentheses itself.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\)\s/s, "")
      .split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    // The process may have ended meanwhile.
    return isThere(pid) ? "" : undefined;
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}
