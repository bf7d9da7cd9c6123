/**
 * What a baseline says of a text: `bitsPerCharacter`, or null where it cannot be had. `note` is one line that
 * gives the reason of a null, or the limit that bit.
 */
export interface Baseline {
  bitsPerCharacter: number | null;
  note?: string;
}
