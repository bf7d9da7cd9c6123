/**
 * The score of a baseline on a text; null if there is none. `note` is one line: why it is null, or which limit was
 * applied.
 */
export interface Baseline {
  bitsPerCharacter: number | null;
  note?: string;
}
