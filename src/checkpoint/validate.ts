import { elementCount } from "../engine/tensor.ts";
import { CharrnnError } from "../errors.ts";
import { cells } from "../model/cells/index.ts";
import { attentions, LARGEST_SIZE, MOST_LAYERS, parameterShapes } from "../model/shapes.ts";
import { TokenVocabulary } from "../text/token-vocabulary.ts";
import { type InputVocabularyJson } from "../text/text-vocabulary.ts";
import { Vocabulary } from "../text/vocabulary.ts";
import {
  isNamedArray,
  isRecord,
  quoted,
  type Checkpoint,
  type StoredConfig,
  type TaskRecord,
  type TrainingState,
  type Tree,
} from "./format.ts";
import { type StoredValues } from "../model/weights.ts";

/**
 * Makes a checkpoint of its members if all are valid: the configuration is in range, the symbols are distinct and in
 * order, and each parameter exists, is finite, and has the shape that follows from configuration and vocabulary.
 * `writeCheckpoint` checks the same rules, so every file that it writes can be read.
 * @throws CharrnnError if a member is not valid; the message does not name the file
 */
export function validateCheckpoint(members: {
  readonly model?: Tree | undefined;
  readonly vocabulary?: Tree | undefined;
  readonly task?: Tree | undefined;
  readonly beginnings?: Tree | undefined;
  readonly parameters: ReadonlyMap<string, Tree | undefined>;
  readonly training?: Tree | undefined;
}): Checkpoint {
  const model = validModel(members.model);
  const vocabulary = validVocabulary(members.vocabulary);
  const task = validTask(members.task);
  const { length } = vocabulary.symbols;
  const shapes = parameterShapes(model, task ?? { inputs: length, outputs: length });
  return {
    model,
    vocabulary,
    task,
    beginnings: validBeginnings(members.beginnings, length),
    parameters: validParameters(members.parameters, shapes),
    training: validTraining(members.training, vocabulary.symbols),
  };
}

/** The number of Unicode code points. */
const LARGEST_VOCABULARY = 0x11_0000;

function validModel(model: Tree | undefined): StoredConfig {
  if (!isRecord(model)) throw new CharrnnError("it has no model configuration");
  const { cell, layers, hidden, embedding, dropout } = model;
  if (typeof cell !== "string" || !Object.hasOwn(cells, cell)) {
    throw new CharrnnError(`its model.cell is not one of ${Object.keys(cells).join(", ")}`);
  }
  requireInteger("model.layers", layers, 1, MOST_LAYERS);
  requireInteger("model.hidden", hidden, 1, LARGEST_SIZE);
  requireInteger("model.embedding", embedding, 0, LARGEST_SIZE);
  if (typeof dropout !== "number" || !(dropout >= 0 && dropout < 1)) {
    throw new CharrnnError("its model.dropout is not a number of at least 0 and less than 1");
  }
  requireFlag("model.bidirectional", model.bidirectional);
  const { attention } = model;
  if (attention !== undefined && !attentions.some((name) => name === attention)) {
    throw new CharrnnError(`its model.attention is not one of ${attentions.join(", ")}`);
  }
  return model as StoredConfig;
}

function requireInteger(name: string, value: Tree | undefined, least: number, most: number): void {
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
    throw new CharrnnError(`its ${name} is not a whole number from ${least} to ${most}`);
  }
}

function requireFlag(name: string, value: Tree | undefined): void {
  if (value !== undefined && typeof value !== "boolean") {
    throw new CharrnnError(`its ${name} is neither true nor false`);
  }
}

function validVocabulary(vocabulary: Tree | undefined): InputVocabularyJson {
  if (!isRecord(vocabulary)) throw new CharrnnError("it has no vocabulary");
  if (vocabulary.unit === "token") TokenVocabulary.fromJson(vocabulary);
  else if (vocabulary.unit !== "number") Vocabulary.fromJson(vocabulary);
  else if (!Array.isArray(vocabulary.symbols) || vocabulary.symbols.length > 0) {
    throw new CharrnnError("its vocabulary is for numbers but has symbols");
  }
  return vocabulary as InputVocabularyJson;
}

/** Checks the task. A checkpoint without a task holds a language model. */
function validTask(task: Tree | undefined): TaskRecord | undefined {
  if (task === undefined) return undefined;
  if (!isRecord(task) || typeof task.name !== "string") throw new CharrnnError("its task has no name");
  requireInteger("task.inputs", task.inputs, 1, LARGEST_VOCABULARY);
  requireInteger("task.outputs", task.outputs, 1, LARGEST_VOCABULARY);
  requireFlag("task.numeric", task.numeric);
  return task as TaskRecord;
}

/** Checks the beginnings: lists of one length, of indices below `symbols`, the size of the vocabulary. */
function validBeginnings(beginnings: Tree | undefined, symbols: number): Checkpoint["beginnings"] {
  if (beginnings === undefined) return undefined;
  const isSymbol = (index: Tree) => Number.isInteger(index) && Number(index) >= 0 && Number(index) < symbols;
  const lists: readonly Tree[] = Array.isArray(beginnings) ? beginnings : [null];
  const lengths = new Set(
    lists.map((list) => (Array.isArray(list) && list.every(isSymbol) ? list.length : 0)),
  );
  if (lengths.has(0) || lengths.size > 1) {
    throw new CharrnnError("its beginnings are not lists of symbol indices, all of one length");
  }
  return lists as Checkpoint["beginnings"];
}

function validParameters(
  parameters: ReadonlyMap<string, Tree | undefined>,
  shapes: ReadonlyMap<string, readonly number[]>,
): Map<string, StoredValues> {
  for (const name of parameters.keys()) {
    if (!shapes.has(name))
      throw new CharrnnError(`its parameter ${quoted(name)} is not a parameter of its model`);
  }
  const valid = new Map<string, StoredValues>();
  for (const [name, shape] of shapes) {
    const parameter = parameters.get(name);
    if (parameter === undefined) throw new CharrnnError(`its parameter ${name} is missing`);
    if (!isNamedArray(parameter) || parameter.dtype !== "float32") {
      throw new CharrnnError(`its parameter ${name} is not a float32 tensor`);
    }
    if (parameter.shape.join() !== shape.join()) {
      const [found, needed] = [parameter.shape, shape].map((sizes) => `[${sizes.join(", ")}]`);
      throw new CharrnnError(`its parameter ${name} has the shape ${found}, but the model needs ${needed}`);
    }
    requireElements(`parameter ${name}`, parameter);
    const index = parameter.data.findIndex((value) => !Number.isFinite(value));
    if (index >= 0)
      throw new CharrnnError(
        `its parameter ${name} has ${parameter.data[index]} at index ${index}, but every value must be a finite number`,
      );
    valid.set(name, parameter);
  }
  return valid;
}

/** @throws CharrnnError if the number of the tensor's elements does not fit its shape */
export function requireElements(
  name: string,
  { shape, data }: { shape: readonly number[]; data: ArrayLike<number> },
): void {
  if (data.length !== elementCount(shape)) {
    throw new CharrnnError(`its ${name} of shape [${shape.join(", ")}] has ${data.length} elements`);
  }
}

function validTraining(
  training: Tree | undefined,
  symbols: InputVocabularyJson["symbols"],
): TrainingState | undefined {
  if (training === undefined) return undefined;
  if (!isRecord(training)) throw new CharrnnError("its training state is not an object");
  requireInteger("training.step", training.step, 0, Number.MAX_SAFE_INTEGER);
  if (training.corpus !== undefined) requireCorpus(training.corpus, symbols);
  return training as TrainingState;
}

function requireCorpus(corpus: Tree, symbols: InputVocabularyJson["symbols"]): void {
  if (!isRecord(corpus)) throw new CharrnnError("its training.corpus is not an object");
  const { files, val = [], test = [], digests = [], sha256, commonest } = corpus;
  const areTexts = (list: Tree | undefined) =>
    Array.isArray(list) && list.every((item) => typeof item === "string");
  if (!areTexts(files)) throw new CharrnnError("its training.corpus.files is not a list of paths");
  for (const [name, list] of Object.entries({ val, test })) {
    if (typeof list === "string" || areTexts(list)) continue;
    throw new CharrnnError(`its training.corpus.${name} is not a list of paths`);
  }
  if (!areTexts(digests)) throw new CharrnnError("its training.corpus.digests is not a list of digests");
  if (typeof sha256 !== "string") throw new CharrnnError("its training.corpus.sha256 is not a digest");
  requireInteger("training.corpus.symbols", corpus.symbols, 0, Number.MAX_SAFE_INTEGER);
  if (commonest === undefined) return;
  // Sampling may start from the commonest symbol. The unknown symbol, which comes last, cannot be sampled.
  requireInteger(
    "training.corpus.commonest",
    commonest,
    0,
    symbols.filter((symbol) => symbol !== null).length - 1,
  );
}
