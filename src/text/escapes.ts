import { UsageError } from "../errors.ts";

const simple: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "\\": "\\" };

const ESCAPE = /\\(?:([nrt\\])|x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\}|([^]?))/gu;

/** What escapes stand for. */
export interface EscapeOptions {
  /** The name of the text in errors: its option, for example. */
  readonly source: string;
  /** The text that \n stands for (default: a line feed). */
  readonly lineEnd?: string | undefined;
}

/**
 * Reads the escapes of a text: \n (a line end), \r, \t, \\, \xNN (a code point up to U+00FF) and \u{...} (any code point).
 * @throws UsageError for any other backslash
 */
export function unescape(text: string, { source, lineEnd = "\n" }: EscapeOptions): string {
  return text.replace(ESCAPE, (escape, letter?: string, byte?: string, code?: string) => {
    if (letter !== undefined) return letter === "n" ? lineEnd : simple[letter];
    const codePoint = parseInt(byte ?? code ?? "", 16);
    if (codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint <= 0xdfff)) {
      return String.fromCodePoint(codePoint);
    }
    throw new UsageError(
      `--escapes does not know ${JSON.stringify(escape).slice(1, -1).replace("\\\\", "\\")} in ${source}: ` +
        "it reads \\n, \\r, \\t, \\\\, \\xNN and \\u{...}",
    );
  });
}

/** The bytes of a text with escapes, in UTF-8, except that \xNN is the byte NN. */
export function unescapeBytes(text: string, options: EscapeOptions): Uint8Array {
  // Splits between escaped bytes and all else. A backslash that is escaped itself does not begin an escape.
  const parts = text.match(/\\x[0-9a-fA-F]{2}|(?:(?!\\x[0-9a-fA-F]{2})(?:\\[^]|[^]))+/gu) ?? [];
  return Buffer.concat(
    parts.map((part) =>
      /^\\x[0-9a-fA-F]{2}$/.test(part)
        ? Buffer.of(parseInt(part.slice(2), 16))
        : Buffer.from(unescape(part, options)),
    ),
  );
}
