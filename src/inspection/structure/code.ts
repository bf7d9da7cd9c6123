import { type Span } from "./spans.ts";

/** How a programming language marks its blocks: by curly brackets (C, Java, Rust), or by indentation (Python). */
export type CodeForm = "braces" | "indented";

/** Shares of the lines that are not blank, above which a text is taken for code. */
const LINES_OF_BRACES = 0.25;
const LINES_THAT_OPEN = 0.03;
const LINES_OF_HEADS = 0.05;

/** The line above an indented block of Python. */
const HEAD =
  /^\s*((async\s+)?(def|class|if|elif|for|while|with|except)\s+\S.*|else|try|except|finally)\s*:\s*$/;

/**
 * The form of a program text; undefined for other texts. With braces, at least 25 % of the lines end in ; { or }, and
 * 3 % in {. In an indented text, at least 5 % of the lines begin a block, such as `if x:` above a more indented line.
 */
export function codeFormOf(text: string): CodeForm | undefined {
  const shareOf = (lines: readonly string[], holds: (line: string, index: number) => boolean) =>
    lines.filter(holds).length / Math.max(lines.length, 1);
  const linesWithout = (comments: RegExp) => text.split("\n").flatMap((line) => withoutEnd(line, comments));
  const braces = linesWithout(/\/\/.*/);
  if (
    shareOf(braces, (line) => /[;{}]$/.test(line)) >= LINES_OF_BRACES &&
    shareOf(braces, (line) => line.endsWith("{")) >= LINES_THAT_OPEN
  ) {
    return "braces";
  }
  const indented = linesWithout(/#.*/);
  const isHead = (line: string, index: number) =>
    HEAD.test(line) && index + 1 < indented.length && indentOf(indented[index + 1]) > indentOf(line);
  return shareOf(indented, isHead) >= LINES_OF_HEADS ? "indented" : undefined;
}

/** A line without its comment and the spaces after it, in a list; an empty list if nothing is left. */
function withoutEnd(line: string, comment: RegExp): string[] {
  const rest = line.replace(comment, "").trimEnd();
  return rest === "" ? [] : [rest];
}

/** How many spaces and tabs a line begins with. */
export function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** Comments and strings. A mark without its partner on the line (a lifetime of Rust, an apostrophe) opens no string. */
const commentsAndStrings: Readonly<Record<CodeForm, RegExp>> = {
  braces:
    /\/\/.*|\/\*[^]*?(?:\*\/|$)|"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*'|`[^`\\]*(?:\\[^][^`\\]*)*`/g,
  indented: /#.*|("""|''')[^]*?\1|"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*'/g,
};

/** Program text, divided. */
export interface CodeParts {
  /** From the last character of the opening mark to before the last one of the closing mark, or before the line end. */
  readonly comments: readonly Span[];
  /** From the last character of the opening mark to before the last one of the closing mark. */
  readonly strings: readonly Span[];
  /** The text with spaces in place of comments and strings. Its length and its lines are those of the text. */
  readonly bare: string;
}

/** Finds the comments and strings of a program text. Marks inside of them mean nothing. */
export function codeParts(text: string, form: CodeForm): CodeParts {
  const pattern = commentsAndStrings[form];
  const comments: Span[] = [];
  const strings: Span[] = [];
  for (const { 0: part, index } of text.matchAll(pattern)) {
    const [opening] = /^(\/\/|\/\*|"""|'''|.)/.exec(part) ?? [""];
    const lineComment = opening === "//" || opening === "#";
    (lineComment || opening === "/*" ? comments : strings).push({
      start: index + opening.length - 1,
      end: index + part.length - (lineComment ? 0 : 1),
    });
  }
  return { comments, strings, bare: text.replace(pattern, (part) => part.replace(/[^\n]/g, " ")) };
}
