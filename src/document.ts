import { readFileSync } from "node:fs";
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument as parseYaml, type Node } from "yaml";
import { UsageError } from "./errors.ts";
import { fileError } from "./file-error.ts";

/** The way to a value in a document: keys of maps and indices of lists, from the outside in. */
export type DocumentPath = readonly (string | number)[];

/** A YAML or JSON file that has been read. An error about the file names its line and column. */
export interface Document {
  readonly value: unknown;
  /** An error about the value at a path. It names the place of the key, or of the item of a list. */
  readonly errorAt: (path: DocumentPath, problem: string) => UsageError;
}

/**
 * Reads a YAML or JSON file.
 * @throws UsageError if the file cannot be read, or is neither YAML nor JSON
 */
export function readDocument(file: string): Document {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (thrown) {
    throw new UsageError(fileError("read", file, thrown).message);
  }
  return parseDocument(text, file);
}

/**
 * Parses YAML or JSON, which is a part of YAML. `file` is the name of the file in errors.
 * @throws UsageError if the text is neither YAML nor JSON
 */
export function parseDocument(text: string, file: string): Document {
  const lines = new LineCounter();
  const parsed = parseYaml(text.replace(/^\ufeff/, ""), { lineCounter: lines, prettyErrors: false });
  const errorAtOffset = (offset: number, problem: string) => {
    const { line, col } = lines.linePos(offset);
    return new UsageError(`${file}:${Math.max(1, line)}:${Math.max(1, col)}: ${problem}`);
  };
  const fault = [...parsed.errors, ...parsed.warnings].at(0);
  if (fault !== undefined) {
    throw errorAtOffset(fault.pos[0], `not YAML or JSON: ${fault.message.split("\n")[0]}`);
  }
  let value: unknown;
  try {
    value = parsed.toJS();
  } catch (thrown) {
    // An alias without an anchor, or aliases that multiply without end.
    throw errorAtOffset(0, `not YAML or JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
  return {
    value,
    errorAt: (path, problem) => errorAtOffset(offsetOf(parsed.contents, path), problem),
  };
}

/** The offset of the last part of a path that is in the document: of the key of a map, or of the item of a list. */
function offsetOf(root: Node | null, path: DocumentPath): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const step of path) {
    let next: unknown;
    let named: unknown;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
      [named, next] = [pair?.key, pair?.value];
    } else if (isSeq(node)) {
      named = next = node.items[Number(step)];
    }
    if (!isNode(named)) break;
    offset = named.range?.[0] ?? offset;
    node = next;
  }
  return offset;
}
