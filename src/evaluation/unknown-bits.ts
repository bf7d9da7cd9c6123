import { type Vocabulary } from "../text/vocabulary.ts";

/** All code points except the 2,048 surrogates, which are no characters. */
const CHARACTERS = 0x11_0000 - 0x800;

/** How many characters (or bytes) there are outside a vocabulary. */
export function countOutside({ unit, size, unknown }: Vocabulary): number {
  const known = unknown === undefined ? size : size - 1;
  return (unit === "byte" ? 256 : CHARACTERS) - known;
}

/**
 * The bits that say which character the unknown symbol stands for, if all characters outside the vocabulary are equally
 * likely. The loss of a model does not include these bits.
 */
export function bitsOfUnknown(vocabulary: Vocabulary): number {
  return Math.log2(Math.max(1, countOutside(vocabulary)));
}
