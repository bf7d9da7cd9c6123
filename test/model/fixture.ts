import { type Checkpoint, type TaskRecord } from "../../src/checkpoint/format.ts";
import { type StoredValues } from "../../src/model/weights.ts";
import { type VocabularyJson } from "../../src/text/vocabulary.ts";
import { elementCount } from "../../src/engine/tensor.ts";
import { type ModelConfig } from "../../src/model/network.ts";
import { parameterShapes, type NetworkSizes } from "../../src/model/shapes.ts";
import { Random } from "../../src/random.ts";

/**
 * An untrained model whose weights, within +-`range`, are large enough for its predictions to differ widely. Without a
 * task it is a language model of one long text.
 */
export function randomModel(
  vocabulary: VocabularyJson,
  model: Partial<ModelConfig> = {},
  range = 1,
  task?: TaskRecord,
): Checkpoint & { readonly model: ModelConfig } {
  const config: ModelConfig = { cell: "gru", layers: 2, hidden: 7, embedding: 0, dropout: 0, ...model };
  const random = Random.of(1);
  const parameters = new Map<string, StoredValues>();
  for (const [name, shape] of parameterShapes(config, task ?? sizesOf(vocabulary.symbols.length))) {
    const draw = () => range * (2 * random.next() - 1);
    const data = Float32Array.from({ length: elementCount(shape) }, draw);
    parameters.set(name, { shape, dtype: "float32", data });
  }
  return { model: { ...config }, vocabulary, task, parameters };
}

/** A network that reads symbols and answers with symbols, as a language model does. */
export function sizesOf(vocabularySize: number): NetworkSizes {
  return { inputs: vocabularySize, outputs: vocabularySize };
}

/** The vocabulary of a text's characters. */
export function charactersOf(text: string): VocabularyJson {
  return { unit: "char", symbols: [...new Set(text)].sort() };
}
