/** The names of characters that are invisible alone: controls, spaces and signs of the text's direction. */
const invisible: ReadonlyMap<number, string> = new Map([
  [0x0000, "null"],
  [0x0007, "bell"],
  [0x0008, "backspace"],
  [0x0009, "tab"],
  [0x000a, "newline"],
  [0x000b, "vertical tab"],
  [0x000c, "form feed"],
  [0x000d, "carriage return"],
  [0x001a, "substitute"],
  [0x001b, "escape"],
  [0x0020, "space"],
  [0x007f, "delete"],
  [0x0085, "next line"],
  [0x00a0, "no-break space"],
  [0x00ad, "soft hyphen"],
  [0x1680, "ogham space mark"],
  [0x2000, "en quad"],
  [0x2001, "em quad"],
  [0x2002, "en space"],
  [0x2003, "em space"],
  [0x2004, "three-per-em space"],
  [0x2005, "four-per-em space"],
  [0x2006, "six-per-em space"],
  [0x2007, "figure space"],
  [0x2008, "punctuation space"],
  [0x2009, "thin space"],
  [0x200a, "hair space"],
  [0x200b, "zero width space"],
  [0x200c, "zero width non-joiner"],
  [0x200d, "zero width joiner"],
  [0x200e, "left-to-right mark"],
  [0x200f, "right-to-left mark"],
  [0x2028, "line separator"],
  [0x2029, "paragraph separator"],
  [0x202a, "left-to-right embedding"],
  [0x202b, "right-to-left embedding"],
  [0x202c, "pop directional formatting"],
  [0x202d, "left-to-right override"],
  [0x202e, "right-to-left override"],
  [0x202f, "narrow no-break space"],
  [0x205f, "medium mathematical space"],
  [0x2060, "word joiner"],
  [0x2066, "left-to-right isolate"],
  [0x2067, "right-to-left isolate"],
  [0x2068, "first strong isolate"],
  [0x2069, "pop directional isolate"],
  [0x3000, "ideographic space"],
  [0xfe0e, "variation selector-15"],
  [0xfe0f, "variation selector-16"],
  [0xfeff, "byte order mark"],
]);

/** Unicode's names of the marks from U+0300 on, without the word "combining" that all of them begin with. */
const marks = (
  "grave accent, acute accent, circumflex accent, tilde, macron, overline, breve, dot above, diaeresis, " +
  "hook above, ring above, double acute accent, caron, vertical line above, double vertical line above, " +
  "double grave accent, candrabindu, inverted breve, turned comma above, comma above, reversed comma " +
  "above, comma above right, grave accent below, acute accent below, left tack below, right tack below, " +
  "left angle above, horn, left half ring below, up tack below, down tack below, plus sign below, minus " +
  "sign below, palatalized hook below, retroflex hook below, dot below, diaeresis below, ring below, " +
  "comma below, cedilla, ogonek, vertical line below, bridge below, inverted double arch below, caron " +
  "below, circumflex accent below, breve below, inverted breve below, tilde below, macron below, low " +
  "line, double low line, tilde overlay, short stroke overlay, long stroke overlay, short solidus " +
  "overlay, long solidus overlay, right half ring below, inverted bridge below, square below, seagull " +
  "below, x above, vertical tilde, double overline, grave tone mark, acute tone mark, greek " +
  "perispomeni, greek koronis, greek dialytika tonos, greek ypogegrammeni, bridge above, equals sign " +
  "below, double vertical line below, left angle below, not tilde above, homothetic above, almost equal " +
  "to above, left right arrow below, upwards arrow below, grapheme joiner, right arrowhead above, left " +
  "half ring above, fermata, x below, left arrowhead below, right arrowhead below, right arrowhead and " +
  "up arrowhead below, right half ring above, dot above right, asterisk below, double ring below, " +
  "zigzag above, double breve below, double breve, double macron, double macron below, double tilde, " +
  "double inverted breve, double rightwards arrow below, latin small letter a, latin small letter e, " +
  "latin small letter i, latin small letter o, latin small letter u, latin small letter c, latin small " +
  "letter d, latin small letter h, latin small letter m, latin small letter r, latin small letter t, " +
  "latin small letter v, latin small letter x"
).split(", ");

const FIRST_MARK = 0x300;

/** The name of a character that is invisible, or that is shown on the character before it; undefined for all others. */
export function characterName(code: number): string | undefined {
  const mark = code < FIRST_MARK ? undefined : marks.at(code - FIRST_MARK);
  return invisible.get(code) ?? (mark === undefined ? undefined : `combining ${mark}`);
}
