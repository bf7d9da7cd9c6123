/** The Unicode forms that a text may be brought into: NFC composes letters and marks, NFD takes them apart. */
export const normalForms = ["nfc", "nfd"] as const;
export type NormalForm = (typeof normalForms)[number];

/** All code points below are the same in a form. */
const UNCHANGED_BELOW: Readonly<Record<NormalForm, number>> = { nfc: 0x300, nfd: 0xc0 };

/** How many code points are made a string at once. */
const CODES_AT_ONCE = 4096;

/** The vowels and final consonants of Hangul, which compose with the letters before them. */
function isHangulJamo(code: number): boolean {
  return code >= 0x1100 && code <= 0x11ff;
}

/**
 * Whether a text may be cut before a code point, and its parts brought into a form one by one. Code points above the
 * basic plane count as no border: a few of them compose with the one before.
 */
function isBorder(code: number): boolean {
  if (code < 0x300) return true;
  return code <= 0xffff && !isHangulJamo(code) && !/\p{M}/u.test(String.fromCharCode(code));
}

/** Brings a text that comes in pieces, cut anywhere, into a Unicode form. */
export class Normalizer {
  readonly #form: NormalForm;
  /** The end of the text so far, with which the next piece may compose. */
  #heldBack = new Uint32Array(0);

  constructor(form: NormalForm) {
    this.#form = form;
  }

  /** The code points that are certain after one more piece. */
  apply(codes: Uint32Array): Uint32Array {
    const whole = new Uint32Array(this.#heldBack.length + codes.length);
    whole.set(this.#heldBack);
    whole.set(codes, this.#heldBack.length);
    let border = Math.max(0, whole.length - 1);
    while (border > 0 && !isBorder(whole[border])) border--;
    this.#heldBack = whole.slice(border);
    return normalized(whole.subarray(0, border), this.#form);
  }

  /** The rest of the text. */
  end(): Uint32Array {
    const rest = this.#heldBack;
    this.#heldBack = new Uint32Array(0);
    return normalized(rest, this.#form);
  }
}

/** Code points in a Unicode form. */
export function normalized(codes: Uint32Array, form: NormalForm): Uint32Array {
  const limit = UNCHANGED_BELOW[form];
  if (codes.every((code) => code < limit)) return codes;
  let text = "";
  for (let start = 0; start < codes.length; start += CODES_AT_ONCE) {
    text += String.fromCodePoint(...codes.subarray(start, start + CODES_AT_ONCE));
  }
  return Uint32Array.from(text.normalize(form.toUpperCase()), (character) => character.codePointAt(0) ?? 0);
}

/** The code points that a code point is taken apart into: itself alone, unless it is composed. */
export function decomposed(code: number): number[] {
  return Array.from(String.fromCodePoint(code).normalize("NFD"), (part) => part.codePointAt(0) ?? 0);
}

/** Whether a code point is a mark, or another one that composes with the one before. */
export function isMark(code: number): boolean {
  return isHangulJamo(code) || /\p{M}/u.test(String.fromCodePoint(code));
}

/** What a code point is for the count of forms. */
const [PLAIN, COMPOSED, MARK] = [1, 2, 3];

/** Counts the letters of one text that have another form: the text tells its form by them. */
export class FormCounts {
  /** Letters that NFD takes apart. */
  composed = 0;
  /** Marks that NFC joins with the letter before them. */
  decomposed = 0;
  readonly #kinds = new Uint8Array(0x110000);
  readonly #pairs = new Map<string, boolean>();
  #previous = 0;

  count(codes: Uint32Array): void {
    let previous = this.#previous;
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i];
      // Half surrogates cannot be here, and all below is the same in each form.
      if (code >= UNCHANGED_BELOW.nfd) this.#take(code, previous);
      previous = code;
    }
    this.#previous = previous;
  }

  /** Another text begins. */
  reset(): void {
    this.composed = 0;
    this.decomposed = 0;
    this.#previous = 0;
  }

  #take(code: number, previous: number): void {
    const kind = (this.#kinds[code] ||= kindOf(code));
    if (kind === COMPOSED) this.composed++;
    else if (kind === MARK && this.#composes(previous, code)) this.decomposed++;
  }

  #composes(previous: number, mark: number): boolean {
    const pair = String.fromCodePoint(previous, mark);
    let composes = this.#pairs.get(pair);
    if (composes === undefined) {
      composes = Array.from(pair.normalize("NFC")).length === 1;
      this.#pairs.set(pair, composes);
    }
    return composes;
  }
}

function kindOf(code: number): number {
  if (isMark(code)) return MARK;
  return decomposed(code).length > 1 ? COMPOSED : PLAIN;
}

/**
 * Whether the code points that a vocabulary lacks are there in another Unicode form: the form in which the text would
 * be known, at least in part. `has`: whether the vocabulary has a code point.
 */
export function formThatFits(
  lacking: Iterable<number>,
  has: (code: number) => boolean,
  symbols: Iterable<number>,
): NormalForm | undefined {
  const codes = [...lacking];
  if (codes.some((code) => decomposed(code).length > 1 && decomposed(code).every(has))) return "nfd";
  const marks = new Set(codes.filter(isMark));
  if (marks.size === 0) return undefined;
  for (const symbol of symbols) {
    if (symbol >= UNCHANGED_BELOW.nfd && !marks.has(symbol)) {
      if (
        decomposed(symbol)
          .slice(1)
          .some((part) => marks.has(part))
      )
        return "nfc";
    }
  }
  return undefined;
}
