import { TokenVocabulary, type TokenVocabularyJson } from "./token-vocabulary.ts";
import { Vocabulary, type VocabularyJson } from "./vocabulary.ts";

/** The symbols of a text: characters, bytes or tokens. */
export type TextVocabulary = Vocabulary | TokenVocabulary;

/** The vocabulary of a checkpoint. A model reads characters, bytes, tokens or numbers. Numbers have no symbols. */
export type InputVocabularyJson =
  VocabularyJson | TokenVocabularyJson | { readonly unit: "number"; readonly symbols: readonly never[] };

/** Reads the vocabulary of a checkpoint, whatever its symbols are. */
export function vocabularyOf(json: InputVocabularyJson): TextVocabulary {
  return json.unit === "token" ? TokenVocabulary.fromJson(json) : Vocabulary.fromJson(json);
}
