import { type ModelConfig } from "../model/network.ts";
import { type StoredValues } from "../model/weights.ts";
import { type InputVocabularyJson } from "../text/text-vocabulary.ts";

/** Names the format in the first member of every checkpoint. */
export const FORMAT = "charrnn";

/** The version of the format that charrnn writes, and the only version that charrnn reads. */
export const VERSION = 1;

/** The most base64 characters in one string of `data`. A JavaScript string has at most 2^29-24 characters. */
export const DATA_LIMIT = 2 ** 28;

/** The most bytes of a string outside `data` in a file: enough for any option, and too few to exhaust the memory. */
export const STRING_LIMIT = 2 ** 20;

/** How deep objects and arrays may be nested. */
export const DEPTH_LIMIT = 64;

/** How many values a file may have. Most are symbols, and a vocabulary has at most 1.1 million symbols. */
export const VALUE_LIMIT = 2 ** 22;

/** Keys with a special meaning in JavaScript. A checkpoint must not have these keys. */
export const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** The element types of a tensor and the typed arrays that hold them. */
export const DTYPES = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint32: Uint32Array,
} as const;

export type Dtype = keyof typeof DTYPES;

// The arrays may be in ordinary or in shared memory. InstanceType<...> would exclude shared memory.
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

/** A tensor in row-major order. In a file, `data` is the base64 of the little-endian elements. */
export type NamedArray = ArrayOf<"float32"> | ArrayOf<"float64"> | ArrayOf<"int32"> | ArrayOf<"uint32">;

/** A JSON value that may contain tensors. A member that is undefined is not written. */
export type Tree =
  | null
  | boolean
  | number
  | string
  | NamedArray
  | readonly Tree[]
  | { readonly [key: string]: Tree | undefined };

/** The configuration of a model in a checkpoint. Members that charrnn does not know are kept as they are. */
export type StoredConfig = ModelConfig & Readonly<Record<string, Tree | undefined>>;

/** The text that a model was trained on. A resumed run or an evaluation finds the text by this record. */
export interface CorpusRecord {
  readonly files: readonly string[];
  /** Files of their own for validation and for testing. Older checkpoints name one file as a string. */
  readonly val?: string | readonly string[] | undefined;
  readonly test?: string | readonly string[] | undefined;
  /** The digest of all bytes of these files, in order. */
  readonly sha256: string;
  /** The digest of each file, in the order of `files`, `val` and `test`, if a text has several. */
  readonly digests?: readonly string[] | undefined;
  readonly symbols: number;
  /** The index of the text's commonest symbol. A sample may start from this symbol if the vocabulary has no newline. */
  readonly commonest?: number | undefined;
  readonly [key: string]: Tree | undefined;
}

/** The files of their own for a split, as a list. */
export function ownFiles(files: CorpusRecord["val"]): readonly string[] | undefined {
  return typeof files === "string" ? [files] : files;
}

/** The state of a run: `step` (updates made), the text, and other members that training/run-state.ts defines. */
export interface TrainingState {
  readonly step: number;
  readonly corpus?: CorpusRecord | undefined;
  readonly [key: string]: Tree | undefined;
}

/** The task of a model, and the sizes of the model's network. The task defines the other members. */
export interface TaskRecord {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly numeric?: boolean;
  readonly [key: string]: Tree | undefined;
}

/** The members of a checkpoint in the order in which they are written. Undefined members are left out. */
export const MEMBERS = ["model", "vocabulary", "task", "beginnings", "parameters", "training"] as const;

/** A model and, if its training can continue, the state of the training. */
export interface Checkpoint {
  readonly model: StoredConfig;
  readonly vocabulary: InputVocabularyJson;
  /** What a task needs in addition to the vocabulary. A language model has none. */
  readonly task?: TaskRecord | undefined;
  /**
   * Pieces of the training text, as lists of symbol indices, all of one length. A sample without a prime first reads
   * one of these pieces.
   */
  readonly beginnings?: readonly (readonly number[])[] | undefined;
  readonly parameters: ReadonlyMap<string, StoredValues>;
  readonly training?: TrainingState | undefined;
}

/** Whether a node of a tree is a tensor. */
export function isNamedArray(node: Tree | undefined): node is NamedArray {
  return typeof node === "object" && node !== null && "data" in node && ArrayBuffer.isView(node.data);
}

/** Whether a node of a tree is an object with keys: neither an array nor a tensor. */
export function isRecord(node: Tree | undefined): node is Readonly<Record<string, Tree | undefined>> {
  return typeof node === "object" && node !== null && !Array.isArray(node) && !isNamedArray(node);
}

/** A text from a file, made safe for a message: quoted, on one line, cut after 60 characters. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
}
