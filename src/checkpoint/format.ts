import { type ModelConfig } from "../model/network.ts";
import { type VocabularyJson } from "../text/vocabulary.ts";

/** Names the format in the first member of every checkpoint. */
export const FORMAT = "charrnn";

/** The version of the format that is written, and the only one that is read. */
export const VERSION = 1;

/** `data` of more base64 characters than this is an array of strings: a JavaScript string ends at 2^29-24. */
export const DATA_LIMIT = 2 ** 28;

/** The longest string outside `data`, in bytes as it is written: room for any option, far from exhausting memory. */
export const STRING_LIMIT = 2 ** 20;

/** How deep objects and arrays may be nested. */
export const DEPTH_LIMIT = 64;

/** How many values a file may hold: a vocabulary has at most 1.1 million symbols. */
export const VALUE_LIMIT = 2 ** 22;

/** Keys that JavaScript gives a meaning of its own; none may be a key of a checkpoint. */
export const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** The element types of a tensor and the typed arrays that hold them. */
export const DTYPES = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint32: Uint32Array,
} as const;

export type Dtype = keyof typeof DTYPES;

// In ordinary memory or in memory that threads share, which InstanceType<...> would leave out.
interface Elements {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  uint32: Uint32Array;
}

interface ArrayOf<Name extends Dtype> {
  readonly shape: readonly number[];
  readonly dtype: Name;
  readonly data: Elements[Name];
}

/** A tensor in row-major order; in a file its data is base64 of the little-endian elements. */
export type NamedArray = ArrayOf<"float32"> | ArrayOf<"float64"> | ArrayOf<"int32"> | ArrayOf<"uint32">;

/** A tensor of 32-bit floats, as every parameter is. */
export type FloatArray = ArrayOf<"float32">;

/** A JSON value whose leaves may be tensors as well. Keys that are undefined are not written. */
export type Tree =
  | null
  | boolean
  | number
  | string
  | NamedArray
  | readonly Tree[]
  | { readonly [key: string]: Tree | undefined };

/** The configuration of a model as a checkpoint states it; members beyond these are kept as they are. */
export type ModelConfiguration = ModelConfig & Readonly<Record<string, Tree | undefined>>;

/** The text that a model was trained on, so that resuming and evaluating find it again. */
export interface CorpusRecord {
  readonly files: readonly string[];
  readonly sha256: string;
  readonly symbols: number;
  /** The index of its commonest symbol, from which a sample starts where there is no newline. */
  readonly commonest?: number | undefined;
  readonly [key: string]: Tree | undefined;
}

/** What a resumed run needs. Only the number of updates made and the text are fixed here; the rest is the trainer's. */
export interface TrainingState {
  readonly step: number;
  readonly corpus?: CorpusRecord | undefined;
  readonly [key: string]: Tree | undefined;
}

/** What a model is taught. The sizes of its network must fit its parameters; the other members are the task's own. */
export interface TaskRecord {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly [key: string]: Tree | undefined;
}

/** The members of a checkpoint in the order in which they are written; those that are undefined are left out. */
export const MEMBERS = ["model", "vocabulary", "task", "parameters", "training"] as const;

/** A model and, where its training may go on, the state of the training. */
export interface Checkpoint {
  readonly model: ModelConfiguration;
  readonly vocabulary: VocabularyJson;
  /** What a task needs beside the vocabulary; left out by a language model. */
  readonly task?: TaskRecord | undefined;
  readonly parameters: ReadonlyMap<string, FloatArray>;
  readonly training?: TrainingState | undefined;
}

/** Whether a node of a tree is a tensor. */
export function isNamedArray(node: Tree | undefined): node is NamedArray {
  return typeof node === "object" && node !== null && "data" in node && ArrayBuffer.isView(node.data);
}

/** Whether a node of a tree is an object with keys: no array and no tensor. */
export function isRecord(node: Tree | undefined): node is Readonly<Record<string, Tree | undefined>> {
  return typeof node === "object" && node !== null && !Array.isArray(node) && !isNamedArray(node);
}

/** A piece of foreign text for a message: quoted, on one line, at most 60 characters. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
}
