import { CharrnnError } from "../../errors.ts";
import { missingColumn } from "./columns.ts";
import { type LineReader } from "./lines.ts";
import { type ColumnName, type TableRequest, type TableRow, type Value } from "./request.ts";

/**
 * JSON lines: each line is one object, and its keys are the columns. A number or a boolean becomes its text, as
 * JavaScript writes it; an array of strings and numbers becomes tokens. A blank line is no row.
 */
export class JsonLinesReader implements LineReader {
  readonly #table: string;
  readonly #request: TableRequest;
  #isFirst = true;

  constructor(table: string, request: TableRequest) {
    this.#table = table;
    this.#request = request;
  }

  add(bytes: Buffer, start: number, end: number, line: number): TableRow | undefined {
    const text = bytes.toString("utf8", start, end);
    if (text.trim() === "") return undefined;
    const object = this.#parse(text, line);
    const values = this.#request.columns.map((column) => this.#value(object, column, line));
    this.#isFirst = false;
    return { line, values };
  }

  end(): undefined {
    // Each line is complete.
  }

  #parse(text: string, line: number): object {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      throw this.#error(line, "this is not JSON; write one JSON object a line");
    }
    if (typeof json === "object" && json !== null && !Array.isArray(json)) return json;
    throw this.#error(
      line,
      `this is ${kindOf(json)}, not an object; write one object a line, such as {"text": "..."}`,
    );
  }

  #value(object: object, column: ColumnName, line: number): Value {
    const isOptional = this.#request.optionalColumns?.includes(column);
    if (!Object.hasOwn(object, column)) {
      if (isOptional) return "";
      const keys = Object.keys(object);
      if (this.#isFirst) throw missingColumn(`${this.#table}, line ${line}`, column, keys.length, keys);
      throw this.#error(
        line,
        `there is no ${JSON.stringify(column)}; give each object this key, or remove the line`,
      );
    }
    const json = (object as Record<string, unknown>)[column];
    const value = valueOf(json);
    if (value === undefined) {
      if (isOptional) return "";
      throw this.#error(
        line,
        `${JSON.stringify(column)} is ${kindOf(json)}; write a string, a number, true, false, or an array of strings and numbers`,
      );
    }
    if ([value].flat().some((part) => /\p{Surrogate}/u.test(part))) {
      throw this.#error(
        line,
        `${JSON.stringify(column)} has half of a surrogate pair, which is no character; write both halves, or the character itself`,
      );
    }
    return value;
  }

  #error(line: number, message: string): CharrnnError {
    return new CharrnnError(`${this.#table}, line ${line}: ${message}`);
  }
}

function valueOf(json: unknown): Value | undefined {
  if (typeof json === "boolean" || isText(json)) return String(json);
  return Array.isArray(json) && json.every(isText) ? json.map(String) : undefined;
}

function isText(json: unknown): json is string | number {
  return typeof json === "string" || typeof json === "number";
}

/** What a JSON value is, in words. */
function kindOf(json: unknown): string {
  if (json === null) return "null";
  if (!Array.isArray(json)) return typeof json === "object" ? "an object" : `a ${typeof json}`;
  return json.every(isText) ? "an array" : "an array of other things";
}
