import { decodeStart } from "./encoded-text.ts";

/** Some bytes of a text, one of which is not UTF-8. */
export interface Surroundings {
  readonly bytes: Uint8Array;
  /** The offset of `bytes` in the text. */
  readonly offset: number;
  /** The first byte in `bytes` that is not UTF-8. */
  readonly invalid: number;
}

/** This many bytes from the invalid one on are examined. */
const LOOK_AHEAD = 2 ** 16;

/**
 * In UTF-16, one byte of an ASCII character, such as a space or a line end, is zero: always the first byte, or always
 * the second. In UTF-16 text at least this share of the characters have their zero in that place, and fewer in the
 * other.
 */
const LEAST_ZEROS = 0.1;

/** Control characters, and code points that have no character. Text files have none but these five. */
const NOT_TEXT = /(?![\t\n\v\f\r])[\p{Cc}\p{Co}\p{Cn}]/u;

const NOT_ASCII = /[^\0-\x7f]/gu;

/** A letter, or a sign that is not inside a word, with at most one other such character before it. */
const ACCENTED = /(?<![^\0-\x7f]{2})(?=[^\0-\x7f])(?:[\p{L}‘’“”„–—…«»\u00a0]|(?<!\p{L})[\p{P}\p{S}\p{N}])/gu;
const JAPANESE = /[\u3001\u3002\u3040-\u30ff]/gu;
/** Common vowels beside another letter. */
const CYRILLIC = /(?<=[а-яёіїєґ])[аеио]|[аеио](?=[а-яёіїєґ])/gu;
const GREEK = /(?<=[ά-ώ])[αειο]|[αειο](?=[ά-ώ])/gu;

/**
 * A text is probably in `encoding` if at least this `share` of its characters that are not ASCII are among
 * `characters`. The first rule that holds decides, so the rule that accepts the most texts comes last.
 */
const rules: readonly { encoding: string; characters: RegExp; share: number }[] = [
  { encoding: "shift_jis", characters: JAPANESE, share: 0.3 },
  { encoding: "euc-jp", characters: JAPANESE, share: 0.3 },
  { encoding: "euc-kr", characters: /\p{Script=Hangul}/gu, share: 0.85 },
  { encoding: "gb18030", characters: /[的一是不了在有人我他这个们来大，。、“”]/gu, share: 0.15 },
  { encoding: "big5", characters: /[的一是不了在有人我他這個們來大，。、「」]/gu, share: 0.15 },
  { encoding: "windows-1251", characters: CYRILLIC, share: 0.2 },
  { encoding: "koi8-r", characters: CYRILLIC, share: 0.2 },
  { encoding: "windows-1253", characters: GREEK, share: 0.2 },
  { encoding: "windows-1252", characters: ACCENTED, share: 0.85 },
  { encoding: "windows-1250", characters: ACCENTED, share: 0.85 },
];

/**
 * A guess of the encoding of a text that is not UTF-8, from the bytes around the invalid one. Undefined if these bytes
 * do not look like text in any encoding that is tried. UTF-16 shows by its byte order mark or its zero bytes. For the
 * others, the bytes must decode strictly, without control characters, into characters that are frequent in the
 * encoding's languages.
 */
export function likelyEncoding({ bytes, offset, invalid }: Surroundings): string | undefined {
  const end = invalid + LOOK_AHEAD;
  const utf16 = likelyUtf16(bytes.subarray(0, end), offset);
  if (utf16 !== undefined) return utf16;
  // An ASCII byte comes before the sample, so the sample does not begin within a character.
  let start = invalid;
  while (start > 0 && bytes[start - 1] >= 0x80) start--;
  const sample = bytes.subarray(start, end);
  if (isMostlyUtf8(sample)) return undefined;
  return rules.find(({ encoding, characters, share }) => {
    const text = textOf(sample, encoding);
    if (text === undefined) return false;
    const all = count(text, NOT_ASCII);
    return all > 0 && count(text, characters) >= share * all;
  })?.encoding;
}

/** Whether most characters that are not ASCII are valid, as in a damaged UTF-8 file. */
function isMostlyUtf8(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes);
  return count(text, NOT_ASCII) > 2 * count(text, /\ufffd/gu);
}

/** Whether bytes, which have this offset in a text, are probably UTF-16, and in which byte order. */
export function likelyUtf16(bytes: Uint8Array, offset: number): string | undefined {
  const start = offset % 2;
  const pairs = bytes.subarray(start, bytes.length - ((bytes.length - start) % 2));
  const isZero = [0, 1].map((place) => shareOfZeros(pairs, place) >= LEAST_ZEROS);
  const marks = (first: number, second: number) => offset === 0 && bytes[0] === first && bytes[1] === second;
  const isLittleEndian = marks(0xff, 0xfe) || (isZero[1] && !isZero[0]);
  const isBigEndian = marks(0xfe, 0xff) || (isZero[0] && !isZero[1]);
  if (!isLittleEndian && !isBigEndian) return undefined;
  const encoding = isLittleEndian ? "utf-16le" : "utf-16be";
  return textOf(pairs, encoding) === undefined ? undefined : encoding;
}

/** The share of pairs of bytes whose first (0) or second (1) byte is zero. */
function shareOfZeros(pairs: Uint8Array, place: number): number {
  let zeros = 0;
  for (let i = place; i < pairs.length; i += 2) zeros += Number(pairs[i] === 0);
  return (2 * zeros) / pairs.length;
}

/** The text of bytes in an encoding, if the result looks like text. The last character may be incomplete. */
function textOf(bytes: Uint8Array, encoding: string): string | undefined {
  const text = decodeStart(bytes, encoding)?.text;
  return text === undefined || NOT_TEXT.test(text) ? undefined : text;
}

function count(text: string, characters: RegExp): number {
  return text.match(characters)?.length ?? 0;
}
