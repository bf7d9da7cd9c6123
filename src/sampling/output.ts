import { REPLACEMENT } from "../text/decoder.ts";
import { type Unit, type VocabularySymbol } from "../text/symbol-table.ts";

/**
 * A symbol as it is spelled in pieces and stop texts. A byte is spelled as the character with its number, so a spelling
 * has one character for each byte.
 */
export function spelling(symbol: VocabularySymbol): string {
  return typeof symbol === "number" ? String.fromCharCode(symbol) : (symbol ?? REPLACEMENT);
}

/** The spelling of bytes. */
export function spellingOf(bytes: Uint8Array): string {
  return Array.from(bytes, spelling).join("");
}

/** V8 keeps an object for each addition to a string, so this many additions to a waiting text are joined at once. */
const ADDITIONS = 4096;

/** What a sample has written and its caller has not taken yet. */
export class Output {
  /** Reads the bytes of a byte model, piece by piece. */
  readonly #utf8: InstanceType<typeof TextDecoder> | undefined;
  #waiting = "";
  /** The newer pieces, which are not appended to `#waiting` yet. */
  #additions: string[] = [];

  constructor(unit: Unit) {
    this.#utf8 = unit === "byte" ? new TextDecoder("utf-8", { ignoreBOM: true }) : undefined;
  }

  /** Appends a text, or spelled bytes. */
  write(spelled: string): void {
    this.#additions.push(spelled);
    if (this.#additions.length < ADDITIONS) return;
    this.#waiting += this.#additions.join("");
    this.#additions = [];
  }

  /** What has been written since the last `take`, as text and, in a byte model, as bytes. `ended`: nothing follows. */
  take(ended: boolean): { readonly text: string; readonly bytes?: Uint8Array } {
    const spelled = this.#waiting + this.#additions.join("");
    this.#waiting = "";
    this.#additions = [];
    if (this.#utf8 === undefined) return { text: spelled };
    const bytes = Uint8Array.from(spelled, (byte) => byte.charCodeAt(0));
    return { text: this.#utf8.decode(bytes, { stream: !ended }), bytes };
  }
}
