import type { Checkpoint, FloatArray, VocabularyRecord } from "../../src/checkpoint/format.ts";
import { initialParameters } from "../../src/model/initialization.ts";
import type { ModelConfig } from "../../src/model/network.ts";
import { parameterShapes } from "../../src/model/shapes.ts";
import { Random } from "../../src/random.ts";

/** An untrained model whose weights, within +-`range`, are large enough for its predictions to differ widely. */
export function randomModel(
  vocabulary: VocabularyRecord,
  model: Partial<ModelConfig> = {},
  range = 1,
): Checkpoint & { readonly model: ModelConfig } {
  const config: ModelConfig = { cell: "gru", layers: 2, hidden: 7, embedding: 0, dropout: 0, ...model };
  const options = { init: "uniform", initRange: range, forgetBias: 1 } as const;
  const V = vocabulary.symbols.length;
  const values = initialParameters(config, V, options, Random.of(1));
  const parameters = new Map<string, FloatArray>();
  for (const [name, shape] of parameterShapes(config, V)) {
    parameters.set(name, { shape, dtype: "float32", data: values.get(name) ?? new Float32Array() });
  }
  return { model: { ...config }, vocabulary, parameters };
}

/** The vocabulary of a text's characters. */
export function charactersOf(text: string): VocabularyRecord {
  return { unit: "char", symbols: [...new Set(text)].sort() };
}
