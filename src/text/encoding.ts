import { parseText } from "../arguments.ts";
import { UsageError } from "../errors.ts";
import { EncodedTextDecoder } from "./encoded-text.ts";
import { Utf8Decoder } from "./utf8.ts";

export const UTF_8 = "utf-8";

/** What the error for an unknown name lists. */
const usual = [UTF_8, "utf-16le", "latin1", "windows-1252", "windows-1251", "shift_jis", "gb18030", "euc-kr"];

/**
 * The encoding that a name of TextDecoder stands for, by its own name: `latin1` is windows-1252, as on the web.
 * @throws UsageError if `value`, which is given for `name`, is no such name
 */
export function parseEncoding(value: unknown, name: string): string {
  const label = parseText(value, name);
  const encoding = encodingOf(label);
  if (encoding === undefined) {
    throw new UsageError(
      `${name} takes a name that TextDecoder knows, such as ${usual.join(", ")}, not ${JSON.stringify(label)}`,
    );
  }
  // In iso-2022-jp, an escape changes the meaning of all later bytes, so a text cannot be decoded in pieces.
  if (encoding === "iso-2022-jp")
    throw new UsageError(`${name} cannot be ${label}: convert the text to UTF-8`);
  return encoding;
}

function encodingOf(label: string): string | undefined {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return undefined;
  }
}

/**
 * Refuses an encoding for raw bytes, which have none.
 * @throws UsageError if an encoding is given that is not the default
 */
export function refuseForBytes(encoding: string): void {
  if (encoding === UTF_8) return;
  throw new UsageError(
    `--encoding ${encoding} is for characters, and the unit here is the byte: leave out --encoding`,
  );
}

/** Decodes a text that comes in pieces, cut anywhere, into code points, strictly. */
export interface CodePointDecoder {
  /** The bytes that the text so far has in UTF-8. */
  readonly utf8Bytes: number;
  /**
   * Writes the code points that end in `bytes` to `codePoints` and returns their number. `codePoints` needs one place
   * for each byte and `MOST_HELD_BACK` more.
   * @throws CharrnnError if the bytes are not in the encoding; the error names the byte offset
   */
  decode(bytes: Uint8Array, codePoints: Uint32Array): number;
  /**
   * Ends the text.
   * @throws CharrnnError if the last character is incomplete
   */
  end(): void;
}

/** The decoder of an encoding, named as `parseEncoding` names it. `source` names the bytes in errors. */
export function openDecoder(encoding: string, source: string): CodePointDecoder {
  return encoding === UTF_8 ? new Utf8Decoder(source) : new EncodedTextDecoder(encoding, source);
}
