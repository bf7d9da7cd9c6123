import { TokenVocabulary } from "./token-vocabulary.ts";
import { Vocabulary, type InputVocabularyJson } from "./vocabulary.ts";

/** The symbols of a text: characters, bytes or tokens. */
export type TextVocabulary = Vocabulary | TokenVocabulary;

/** Reads the vocabulary of a checkpoint, whatever its symbols are. */
export function vocabularyOf(json: InputVocabularyJson): TextVocabulary {
  return json.unit === "token" ? TokenVocabulary.fromJson(json) : Vocabulary.fromJson(json);
}
