import { createHash } from "node:crypto";
import { CharrnnError } from "../errors.ts";
import {
  DEPTH_LIMIT,
  FORBIDDEN_KEYS,
  FORMAT,
  MEMBERS,
  STRING_LIMIT,
  VERSION,
  isNamedArray,
  isRecord,
  quoted,
  type Checkpoint,
  type NamedArray,
  type Tree,
} from "./format.ts";
import { requireElements } from "./validate.ts";

/** How many bytes of a tensor are encoded at once: a multiple of 3, so that base64 pads only at the end. */
const ENCODED_BYTES = 3 * 2 ** 18;

/** At least this many characters are collected for one piece. */
const PIECE_LENGTH = 2 ** 20;

/** An array of at most this many whole numbers is written as one part. */
const NUMBERS_OF_A_PART = 2 ** 16;

/**
 * The bytes of a checkpoint file in pieces of a few MB, with the checksum at the end. If the `data` of a tensor has
 * more than `dataLimit` base64 characters (a multiple of 4), the data is written as an array of strings.
 * @throws CharrnnError if JSON cannot hold a value (a number that is not finite), or the reader would refuse the value
 */
export function* checkpointPieces(checkpoint: Checkpoint, dataLimit: number): Generator<Buffer> {
  const hash = createHash("sha256");
  let text = "";
  for (const part of memberParts(checkpoint, dataLimit)) {
    text += part;
    if (text.length < PIECE_LENGTH) continue;
    const piece = Buffer.from(text);
    hash.update(piece);
    yield piece;
    text = "";
  }
  const last = Buffer.from(text);
  hash.update(last);
  yield last;
  yield Buffer.from(`,"checksum":"sha256:${hash.digest("hex")}"}`);
}

/** The text of the file without its end: the member `checksum` and the closing brace. */
function* memberParts(checkpoint: Checkpoint, dataLimit: number): Generator<string> {
  yield `{"format":${JSON.stringify(FORMAT)},"version":${VERSION}`;
  for (const name of MEMBERS) {
    const member = checkpoint[name];
    if (member === undefined) continue;
    yield `,${JSON.stringify(name)}:`;
    const tree = member instanceof Map ? Object.fromEntries<Tree>(member) : (member as Tree);
    yield* treeParts(tree, name, dataLimit);
  }
}

function* treeParts(node: Tree, path: string, dataLimit: number, depth = 1): Generator<string> {
  if (depth >= DEPTH_LIMIT) throw new CharrnnError(`its ${path} is nested too deeply`);
  if (isNamedArray(node)) {
    yield* tensorParts(node, path, dataLimit);
  } else if (areWholeNumbers(node) && depth + 1 < DEPTH_LIMIT) {
    yield JSON.stringify(node);
  } else if (Array.isArray(node)) {
    yield "[";
    for (const [index, element] of (node as readonly Tree[]).entries()) {
      if (index > 0) yield ",";
      yield* treeParts(element, `${path}[${index}]`, dataLimit, depth + 1);
    }
    yield "]";
  } else if (isRecord(node)) {
    yield "{";
    let separator = "";
    for (const [key, value] of Object.entries(node)) {
      if (value === undefined) continue;
      if (FORBIDDEN_KEYS.has(key))
        throw new CharrnnError(`its ${path} has the key ${key}, which is not allowed`);
      yield `${separator}${stringText(key, path)}:`;
      yield* treeParts(value, `${path}.${key}`, dataLimit, depth + 1);
      separator = ",";
    }
    yield "}";
  } else {
    yield scalarText(node, path);
  }
}

/**
 * Whether the array has only whole numbers. JSON.stringify writes such an array exactly as `treeParts` would. Writing
 * the whole array as one part is several times as fast.
 */
function areWholeNumbers(node: Tree): boolean {
  return (
    Array.isArray(node) &&
    node.length <= NUMBERS_OF_A_PART &&
    (node as readonly Tree[]).every((element) => Number.isSafeInteger(element) && !Object.is(element, -0))
  );
}

function scalarText(value: Tree, path: string): string {
  if (typeof value === "string") return stringText(value, path);
  if (typeof value !== "number") return JSON.stringify(value);
  if (!Number.isFinite(value)) throw new CharrnnError(`its ${path} is ${value}, which JSON cannot hold`);
  // JSON.stringify would drop the sign of -0.
  return Object.is(value, -0) ? "-0" : JSON.stringify(value);
}

function stringText(text: string, path: string): string {
  const written = JSON.stringify(text);
  if (Buffer.byteLength(written) > STRING_LIMIT) {
    throw new CharrnnError(`its ${path} has a string over ${STRING_LIMIT} bytes, ${quoted(text)}`);
  }
  return written;
}

function* tensorParts(tensor: NamedArray, path: string, dataLimit: number): Generator<string> {
  requireElements(path, tensor);
  const { shape, dtype, data } = tensor;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const stringBytes = (dataLimit / 4) * 3;
  const severalStrings = bytes.length > stringBytes;
  yield `{"shape":${JSON.stringify(shape)},"dtype":"${dtype}","data":${severalStrings ? "[" : ""}`;
  for (let start = 0; start === 0 || start < bytes.length; start += stringBytes) {
    const end = Math.min(start + stringBytes, bytes.length);
    yield start === 0 ? '"' : ',"';
    for (let from = start; from < end; from += ENCODED_BYTES) {
      yield bytes.toString("base64", from, Math.min(from + ENCODED_BYTES, end));
    }
    yield '"';
  }
  yield severalStrings ? "]}" : "}";
}
