import { UTF_8 } from "./encoding.ts";
import { LineEnds } from "./line-ends.ts";
import { some } from "./sources.ts";
import { type Unit } from "./symbol-table.ts";
import { type TextForm } from "./text-form.ts";
import { FormCounts } from "./unicode-form.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** The names of files that share something. */
type Names = string[];

/** Collects what is noticeable in the files of a text, for notes of one line each. */
export class TextNotes {
  readonly #areCharacters: boolean;
  readonly #form: TextForm;
  readonly #encoding: string;
  readonly #mustEndLines: boolean;
  readonly #forms = new FormCounts();
  #name = "";
  #lineEnds = new LineEnds();
  #hasNull = false;
  #last: number | undefined;
  readonly #marked: Names = [];
  readonly #empty: Names = [];
  readonly #withNulls: Names = [];
  readonly #unended: Names = [];
  /** The files with line ends of each kind, and how many line ends those are. */
  readonly #ends = { feeds: new Named(), pairs: new Named(), returns: new Named() };
  readonly #letters = { composed: new Named(), decomposed: new Named() };
  /** The encoding that a text with NUL characters probably has. */
  #likelyEncoding: string | undefined;

  /** `mustEndLines`: whether the line of a file that has no end would go on in the next file. */
  constructor(
    unit: Unit,
    form: TextForm,
    { encoding, mustEndLines }: { encoding: string; mustEndLines: boolean },
  ) {
    this.#areCharacters = unit === "char";
    this.#form = form;
    this.#encoding = encoding;
    this.#mustEndLines = mustEndLines;
  }

  /** A file begins. */
  begin(name: string): void {
    this.#name = name;
    this.#lineEnds = new LineEnds();
    this.#forms.reset();
    this.#hasNull = false;
    this.#last = undefined;
  }

  addByteOrderMark(): void {
    this.#marked.push(this.#name);
  }

  /** Looks at the next piece of the file. */
  look(codes: Uint32Array, likelyEncoding: () => string | undefined): void {
    this.#last = codes.at(-1) ?? this.#last;
    if (!this.#areCharacters) return;
    this.#lineEnds.count(codes);
    this.#forms.count(codes);
    if (this.#hasNull || !codes.includes(0)) return;
    this.#hasNull = true;
    this.#likelyEncoding ??= likelyEncoding();
  }

  /** The file ends. `isLast`: no other one follows. */
  end(isLast: boolean): void {
    const name = this.#name;
    this.#lineEnds.end();
    for (const kind of ["feeds", "pairs", "returns"] as const)
      this.#ends[kind].add(name, this.#lineEnds[kind]);
    for (const kind of ["composed", "decomposed"] as const) this.#letters[kind].add(name, this.#forms[kind]);
    if (this.#hasNull) this.#withNulls.push(name);
    if (this.#last === undefined) this.#empty.push(name);
    else if (!isLast && this.#mustEndLines && ![LINE_FEED, CARRIAGE_RETURN].includes(this.#last)) {
      this.#unended.push(name);
    }
  }

  lines(): string[] {
    const notes: string[] = [];
    if (this.#marked.length > 0) notes.push(`dropped the byte order mark of ${some(this.#marked)}`);
    if (this.#empty.length > 0) notes.push(`there is no text in ${some(this.#empty)}`);
    if (this.#unended.length > 0) {
      notes.push(
        `no line end at the end of ${some(this.#unended)}: the next file goes on in the same line, unless you give --separator`,
      );
    }
    notes.push(...this.#noteOnLineEnds(), ...this.#noteOnForms());
    if (this.#withNulls.length > 0) {
      const likely =
        this.#likelyEncoding === undefined || this.#encoding !== UTF_8
          ? ""
          : `; it is probably ${this.#likelyEncoding}: give --encoding ${this.#likelyEncoding}`;
      notes.push(`NUL characters in ${some(this.#withNulls)}, kept as they are${likely}`);
    }
    return notes;
  }

  #noteOnLineEnds(): string[] {
    const { feeds, pairs, returns } = this.#ends;
    const others = [
      pairs.described("CRLF line end", "CRLF line ends"),
      returns.described("lone CR line end", "lone CR line ends"),
    ].filter((described) => described !== "");
    if (others.length === 0) return [];
    if (this.#form.newlines === "lf") return [`${others.join(" and ")}, read as LF (--newlines lf)`];
    const lf = feeds.count === 0 ? "" : `, beside ${feeds.count} LF`;
    return [`${others.join(" and ")}, kept as they are${lf}; --newlines lf reads all as LF`];
  }

  #noteOnForms(): string[] {
    const { composed, decomposed } = this.#letters;
    if (this.#form.normalize !== "none") {
      const changed = this.#form.normalize === "nfc" ? decomposed : composed;
      const described = changed.described("letter", "letters");
      return described === ""
        ? []
        : [`${described}, read in ${this.#form.normalize.toUpperCase()} (--normalize)`];
    }
    if (composed.count === 0 || decomposed.count === 0) return [];
    return [
      `the same letters in two Unicode forms: ${composed.described("letter", "letters")} in NFC, ` +
        `${decomposed.described("letter", "letters")} in NFD; --normalize nfc makes them one`,
    ];
  }
}

/** How many of something there are, and in which files. */
class Named {
  count = 0;
  readonly #names: string[] = [];

  add(name: string, count: number): void {
    if (count === 0) return;
    this.count += count;
    this.#names.push(name);
  }

  /** `3 letters in a.txt and 2 more`; empty if there are none. */
  described(one: string, several: string): string {
    if (this.count === 0) return "";
    return `${this.count} ${this.count === 1 ? one : several} in ${some(this.#names)}`;
  }
}
