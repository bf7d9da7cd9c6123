/**
 * The score of a baseline on a text; null if the baseline cannot be computed. `note` is one line: why the score is
 * null, or which limit was applied.
 */
export interface Baseline {
  bitsPerCharacter: number | null;
  note?: string;
}
