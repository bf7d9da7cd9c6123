import { bracketSpans } from "./brackets.ts";
import { indentOf, type CodeForm } from "./code.ts";
import { type Span } from "./spans.ts";

/** The parts of the `if` statements of a program. */
export interface IfSpans {
  /** From the bracket or the space after `if` to before the bracket, the { or the : that ends the condition. */
  readonly conditions: readonly Span[];
  /**
   * With braces, from { to before }. In an indented text, from the line end after the condition to before the line end
   * above the first line that is not indented more. The block after `else` is no `if` block.
   */
  readonly blocks: readonly Span[];
}

/** Finds the `if` statements of a program without its comments and strings. */
export function ifSpans(bare: string, form: CodeForm): IfSpans {
  const brackets = bracketSpans(bare);
  const ends = new Map(brackets.map(({ start, end }) => [start, end]));
  return form === "braces" ? ifWithBraces(bare, ends) : ifWithIndent(bare, ends);
}

/** `if (a < b) {` as in C, and `if a < b {` as in Rust. `#if` is for the preprocessor. */
function ifWithBraces(bare: string, ends: ReadonlyMap<number, number>): IfSpans {
  const conditions: Span[] = [];
  const blocks: Span[] = [];
  for (const { index } of bare.matchAll(/(?<![\w$.]|#[ \t]*)if(?![\w$])/g)) {
    const bracket = firstFrom(bare, index + 2, /\S/g);
    const inBrackets = bare[bracket] === "(";
    const start = inBrackets ? bracket : index + 2;
    const end = inBrackets ? (ends.get(bracket) ?? bare.length) : firstFrom(bare, start, /[{;\n]/g);
    conditions.push({ start, end });
    const block = inBrackets ? firstFrom(bare, end + 1, /\S/g) : end;
    if (bare[block] === "{") blocks.push({ start: block, end: ends.get(block) ?? bare.length });
  }
  return { conditions, blocks };
}

/** `if a < b:` and `elif a < b:` at the beginning of a line, as in Python. */
function ifWithIndent(bare: string, ends: ReadonlyMap<number, number>): IfSpans {
  const conditions: Span[] = [];
  const blocks: Span[] = [];
  for (const { 0: head, index } of bare.matchAll(/^[ \t]*(?:if|elif)\b/gm)) {
    const start = index + head.length;
    const colon = outsideBrackets(bare, start, ends, /:(?!=)|\n/g);
    conditions.push({ start, end: colon });
    const lineEnd = firstFrom(bare, colon, /\n/g);
    if (bare.slice(colon, lineEnd).trimEnd() !== ":") continue;
    const end = endOfBlock(bare, lineEnd, indentOf(head), ends);
    if (end > lineEnd) blocks.push({ start: lineEnd, end });
  }
  return { conditions, blocks };
}

/** The last line end before the first line that is indented by `indent` or less. Blank lines do not end a block. */
function endOfBlock(
  bare: string,
  lineEnd: number,
  indent: number,
  ends: ReadonlyMap<number, number>,
): number {
  for (let end = lineEnd; end < bare.length;) {
    const next = outsideBrackets(bare, end + 1, ends, /\n/g);
    const line = bare.slice(end + 1, next);
    if (line.trim() !== "" && indentOf(line) <= indent) return end;
    end = next;
  }
  return bare.length;
}

/** The first match from `start` on that is not inside brackets which open after `start`; the text's length if none. */
function outsideBrackets(
  text: string,
  start: number,
  ends: ReadonlyMap<number, number>,
  pattern: RegExp,
): number {
  const bracketOrMatch = new RegExp(`[([{]|${pattern.source}`, "g");
  for (let from = start; ;) {
    const found = firstFrom(text, from, bracketOrMatch);
    const end = ends.get(found);
    if (end === undefined) return found;
    from = end + 1;
  }
}

/** The place of the first match from `start` on; the text's length if there is none. */
function firstFrom(text: string, start: number, pattern: RegExp): number {
  pattern.lastIndex = start;
  return pattern.exec(text)?.index ?? text.length;
}
