import { defineGrammar, type Alternative, type Rules } from "./grammar.ts";
import { maybe, zipf } from "./rules.ts";

/** The deepest nesting of blocks in a function, and of brackets in an expression. Each depth has its own rules. */
const DEEPEST_BLOCK = 4;
const DEEPEST_BRACKET = 3;

/** Variables, tables and functions share no name, so the first word of a statement shows its kind. */
const lexicon: Rules = {
  variable: zipf("i, n, count, line, sum, node, x, value, size, left, name, y, depth, best, word, key"),
  table: zipf("items, cells, rows, tokens, queue, map"),
  functionName: zipf("read, next, push, find, emit, max, parse, merge, split, hash, open, close, visit, log"),
  digit: zipf("1, 2, 4, 8, 3, 6, 5, 7, 9"),
  verb: zipf("check, skip, copy, count, reset, update, store, drop, swap, walk"),
  adjective: zipf("last, first, empty, current, other, old, new"),
  noun: zipf("token, buffer, entry, page, list, field, table, record, file, stream, lock, tree"),
  complaint: zipf("missing, bad, unknown, duplicate, no"),
  operator: zipf("+, -, *, /, %"),
  comparison: zipf("==, <, !=, >, <=, >="),
  join: zipf("&&, ||"),
  assign: zipf("=, +=, -=, *="),
};

/** The statements of a block at a depth, each on its own lines. A loop or a branch has a block one level deeper. */
function statements(depth: number): Rules {
  const indent = "  ".repeat(depth);
  const simple: Alternative[] = [
    [5, "<variable> <assign> <expression0>;"],
    [3, "<call0>;"],
    [2, "<table>[<expression1>] = <expression0>;"],
    [2, "let <variable> = <expression0>;"],
    [1, "print(<string>);"],
    [1, "return <expression0>;"],
  ];
  const compound: Alternative[] = [
    [3, `if (<condition>) <block${depth + 1}><else${depth}>`],
    [1, `while (<condition>) <block${depth + 1}>`],
    [1, `for <variable> in <table> <block${depth + 1}>`],
  ];
  return {
    [`block${depth}`]: [[1, `{\n<line${depth}><lines${depth}>${indent.slice(2)}}`]],
    [`lines${depth}`]: [
      [3, `<line${depth}><lines${depth}>`],
      [2, ""],
    ],
    [`line${depth}`]: [
      [8, `${indent}<statement${depth}><maybeRemark>\n`],
      [1, `${indent}// <sentence>\n`],
    ],
    [`statement${depth}`]: depth < DEEPEST_BLOCK ? [...simple, ...compound] : simple,
    [`else${depth}`]: depth < DEEPEST_BLOCK ? maybe(0.3, ` else <block${depth + 1}>`) : [[1, ""]],
  };
}

/** An expression inside `depth` brackets. Deeper expressions have an operator less often. */
function expressions(depth: number): Rules {
  const atoms: Alternative[] = [
    [5, "<variable>"],
    [3, "<number>"],
  ];
  const inner = depth + 1;
  const bracketed: Alternative[] = [
    [1.5, `<call${depth}>`],
    [1, `<table>[<expression${inner}>]`],
    [0.6, `(<term${inner}> <operator> <term${inner}>)`],
  ];
  const flat: Rules = {
    [`expression${depth}`]: [[1, `<term${depth}><maybeOperation${depth}>`]],
    [`maybeOperation${depth}`]: maybe(0.3 / inner, ` <operator> <term${depth}>`),
    [`term${depth}`]: depth < DEEPEST_BRACKET ? [...atoms, ...bracketed] : atoms,
  };
  if (depth === DEEPEST_BRACKET) return flat;
  return {
    ...flat,
    [`call${depth}`]: [[1, `<functionName>(<maybeArguments${inner}>)`]],
    [`maybeArguments${inner}`]: maybe(0.85, `<argument${inner}>`),
    [`argument${inner}`]: [
      [6, `<expression${inner}><moreArguments${inner}>`],
      [1, `<string><moreArguments${inner}>`],
    ],
    [`moreArguments${inner}`]: maybe(0.3, `, <argument${inner}>`),
  };
}

const outline: Rules = {
  function: [[1, "<maybeComment>fn <functionName>(<maybeParameters>) <block1>\n\n"]],
  maybeComment: maybe(0.5, "// <sentence>\n"),
  maybeParameters: maybe(0.85, "<variable><moreParameters>"),
  moreParameters: maybe(0.4, ", <variable><moreParameters>"),
  number: [
    [3, "0"],
    [7, "<digit><moreDigits>"],
  ],
  moreDigits: maybe(0.3, "<digit><moreDigits>"),
  condition: [[1, "<test><maybeTest>"]],
  maybeTest: maybe(0.2, " <join> <test>"),
  test: [
    [4, "<term1> <comparison> <term1>"],
    [1, "!<call0>"],
  ],
  maybeRemark: maybe(0.06, " // <sentence>"),
  // Comments and strings use the same words. Only the marks around them differ.
  sentence: [[1, "<verb> <phrase><maybePurpose>"]],
  maybePurpose: maybe(0.3, " to <verb> <phrase>"),
  phrase: [[1, "the <maybeAdjective><noun>"]],
  maybeAdjective: maybe(0.4, "<adjective> "),
  string: [
    [2, `"<complaint> <noun>"`],
    [1, `"<sentence>"`],
  ],
};

function depths(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/**
 * Functions of a small invented language. Blocks are indented by two spaces and closed by braces. There are loops,
 * branches with and without an else, brackets in brackets, strings, and comments. An empty line follows each function.
 */
export const code = defineGrammar(
  "code",
  "function",
  Object.assign(
    {},
    lexicon,
    outline,
    ...depths(1, DEEPEST_BLOCK).map(statements),
    ...depths(0, DEEPEST_BRACKET).map(expressions),
  ) as Rules,
);
