const LINE_FEED = 0x0a;

/** The token for a line end. */
export const LINE_END = "\n";

/** Spaces, tabs and carriage returns, which separate tokens and are not kept. */
const separators: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d]);

/** Splits a text that comes in pieces into tokens: words between spaces, and a token for each line end. */
export class Tokenizer {
  readonly #take: (token: string) => void;
  /** The beginning of a token whose end has not come yet. */
  #token = "";

  constructor(take: (token: string) => void) {
    this.#take = take;
  }

  /** Reads some code points. */
  read(codes: Iterable<number>): void {
    for (const code of codes) {
      if (code !== LINE_FEED && !separators.has(code)) {
        this.#token += String.fromCodePoint(code);
        continue;
      }
      this.end();
      if (code === LINE_FEED) this.#take(LINE_END);
    }
  }

  /** Ends the text, and with it its last token. */
  end(): void {
    if (this.#token !== "") this.#take(this.#token);
    this.#token = "";
  }
}
