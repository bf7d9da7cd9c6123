import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CharrnnError, messageOf } from "../errors.ts";
import { fileError } from "../file-error.ts";
import { ByteWindow } from "./byte-window.ts";
import { FORMAT, STRING_LIMIT, VERSION, isRecord, type Checkpoint, type Tree } from "./format.ts";
import { lastKept } from "./numbered.ts";
import { TreeReader } from "./tree-reader.ts";
import { validateCheckpoint } from "./validate.ts";

const CHUNK_BYTES = 2 ** 22;
const TRAILER_BYTES = 256;
const trailer = /,"checksum":"sha256:([0-9a-f]{64})"\}\s*$/;

/**
 * Reads the checkpoint at `path`, `chunkBytes` at a time, and verifies checksum, format, configuration, vocabulary and
 * parameters. This takes the memory of the tensors and a few MB more.
 * @throws CharrnnError if the file cannot be read or is not a valid checkpoint
 */
export function readCheckpoint(path: string, chunkBytes = CHUNK_BYTES): Checkpoint {
  try {
    const file = openSync(path, "r");
    try {
      return readOpenFile(path, file, chunkBytes);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw fileError("read the checkpoint", path, error);
  }
}

function readOpenFile(path: string, file: number, chunkBytes: number): Checkpoint {
  const stat = fstatSync(file);
  if (stat.isDirectory()) throw new CharrnnError(`${path} is a folder, not a checkpoint; name a file in it`);
  if (!stat.isFile()) throw new CharrnnError(`${path} is not a regular file; name a checkpoint`);
  const { length, checksum } = findChecksum(path, file, stat.size);
  const window = new ByteWindow(file, length, STRING_LIMIT + TRAILER_BYTES, chunkBytes);
  let checkpoint: Checkpoint | undefined;
  let failure: unknown;
  try {
    checkpoint = parse(path, window);
  } catch (error) {
    failure = error;
  }
  // In a damaged file anything may seem wrong, so damage is reported before any other problem.
  if (window.digest() !== checksum) throw refusal(path, "it is damaged (its checksum does not match)");
  if (checkpoint !== undefined) return checkpoint;
  if (failure instanceof ForeignFile || !(failure instanceof CharrnnError)) throw failure;
  throw refusal(path, messageOf(failure));
}

/**
 * Another program or version wrote the file. The message does not suggest the run's other checkpoint, which has the
 * same origin.
 */
class ForeignFile extends CharrnnError {}

/** The checksum at the end of the file, and how many bytes it covers. */
function findChecksum(path: string, file: number, size: number): { length: number; checksum: string } {
  const head = Buffer.alloc(1);
  if (readSync(file, head, 0, 1, 0) === 0) throw refusal(path, "it is empty");
  if (head.toString() !== "{") throw refusal(path, "it is no checkpoint (not a JSON object)");
  const tail = Buffer.alloc(Math.min(TRAILER_BYTES, size));
  const count = readSync(file, tail, 0, tail.length, size - tail.length);
  const match = trailer.exec(tail.toString("latin1", 0, count));
  if (match === null)
    throw refusal(path, "it has no checksum at its end: it was cut short or is no checkpoint");
  return { length: size - tail.length + match.index, checksum: match[1] };
}

function parse(path: string, window: ByteWindow): Checkpoint {
  const members = new Map<string, Tree>();
  for (const [key, value] of new TreeReader(window).members()) {
    members.set(key, value);
    if (key === "format" || key === "version") requireVersion(path, members);
  }
  requireVersion(path, members, true);
  const parameters = members.get("parameters");
  if (!isRecord(parameters)) throw new CharrnnError("it has no parameters");
  return validateCheckpoint({
    model: members.get("model"),
    vocabulary: members.get("vocabulary"),
    task: members.get("task"),
    beginnings: members.get("beginnings"),
    parameters: new Map(Object.entries(parameters)),
    training: members.get("training"),
  });
}

/**
 * Refuses another format or version as soon as the member is read, because all other members may then have other rules.
 */
function requireVersion(path: string, members: ReadonlyMap<string, Tree>, complete = false): void {
  const format = members.get("format");
  const version = members.get("version");
  if (format !== FORMAT && (complete || format !== undefined)) {
    throw new ForeignFile(`${path} does not say that its format is ${FORMAT}; name a checkpoint of charrnn`);
  }
  if (version !== VERSION && (complete || version !== undefined)) {
    const stated = typeof version === "number" ? `version ${version}` : "no version";
    throw new ForeignFile(
      `${path} states ${stated} of the format, but this version of charrnn reads version ${VERSION}; update charrnn`,
    );
  }
}

function refusal(path: string, problem: string): CharrnnError {
  return new CharrnnError(`cannot use ${path}: ${problem}; ${remedyFor(path)}`);
}

/** Advice on what to use instead of the checkpoint at `path`. */
function remedyFor(path: string): string {
  const kept = basename(path) === "latest.json" ? lastKept(dirname(path)) : undefined;
  if (kept !== undefined) return `to continue from a checkpoint that was kept: --resume=${kept}`;
  const others = ["best.json", "latest.json"].filter((name) => name !== basename(path));
  const other = others.map((name) => join(dirname(path), name)).find((candidate) => existsSync(candidate));
  return other === undefined
    ? "name another checkpoint"
    : `for sample, eval and --init-from use the run's other checkpoint, ${other}`;
}
