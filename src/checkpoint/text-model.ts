import { CharrnnError } from "../errors.ts";
import { type NetworkSizes } from "../model/shapes.ts";
import { endOf, exampleKinds, type ExampleKind } from "../text/example-text.ts";
import { vocabularyOf, type TextVocabulary } from "../text/text-vocabulary.ts";
import { type Checkpoint } from "./format.ts";

/** What a checkpoint says about the texts of its language model. */
export interface TextModel {
  readonly vocabulary: TextVocabulary;
  readonly sizes: NetworkSizes;
  /**
   * What an example is, and the index of the symbol that ends an example. Undefined: the model learned one long text.
   */
  readonly examples: { readonly kind: ExampleKind; readonly end: number } | undefined;
}

/**
 * Reads the vocabulary, the sizes and the kind of examples of a language model.
 * @throws CharrnnError if the checkpoint's vocabulary or its task is not valid
 */
export function textModelOf({ vocabulary: json, task }: Pick<Checkpoint, "vocabulary" | "task">): TextModel {
  const vocabulary = vocabularyOf(json);
  if (task === undefined) {
    const { size } = vocabulary;
    return { vocabulary, sizes: { inputs: size, outputs: size }, examples: undefined };
  }
  const { inputs, outputs, examples, end } = task;
  const kind = exampleKinds.find((known) => known === examples);
  if (kind === undefined) {
    throw new CharrnnError("the checkpoint's examples are neither lines nor documents; update charrnn");
  }
  const size = kind === "lines" ? vocabulary.size : vocabulary.size + 1;
  const own = endOf(kind, vocabulary);
  if (own === undefined || end !== own || inputs !== size || outputs !== size) {
    throw new CharrnnError("the checkpoint's symbol for the end of an example does not fit its vocabulary");
  }
  return { vocabulary, sizes: { inputs, outputs }, examples: { kind, end: own } };
}
