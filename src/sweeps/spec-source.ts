import { parseDocument, readDocument, type Document, type DocumentPath } from "../document.ts";
import { UsageError } from "../errors.ts";
import { sweepFolder, isSweep, readSweep } from "./sweep-folder.ts";

/** Parts of a spec that the command line gives. */
export interface GivenParts {
  readonly name?: string | undefined;
  readonly corpus?: readonly string[] | undefined;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  readonly grid?: Readonly<Record<string, unknown>> | undefined;
  readonly seeds?: number | readonly number[] | undefined;
  readonly halving?: unknown;
}

/** Whether a path is that of a file with a spec. */
export function isSpecFile(path: string): boolean {
  return /\.(ya?ml|json)$/i.test(path);
}

/**
 * The spec of a sweep: that of a file, or of a sweep under `out` which is started again, or none.
 * @throws UsageError, CharrnnError if it cannot be read
 */
export function specDocument(source: string | undefined, out: string): Document | undefined {
  if (source === undefined) return undefined;
  if (!isSweep(out, source)) return readDocument(source);
  const sweep = sweepFolder(out, source);
  return parseDocument(JSON.stringify(readSweep(sweep).spec), sweep.record);
}

/**
 * A spec with the parts that the command line gives. Options and axes of the grid are replaced one by one, all other
 * parts as a whole. An error about a given part names its flag, and not a place in the file.
 */
export function withParts(document: Document | undefined, given: GivenParts): Document {
  const base = document?.value ?? {};
  // What is no map is refused when the spec is read.
  if (typeof base !== "object" || Array.isArray(base))
    return document ?? { value: base, errorAt: plainError };
  const before = base as Readonly<Record<string, unknown>>;
  const parts = Object.fromEntries(Object.entries(given).filter(([, part]) => part !== undefined));
  const merged = Object.entries(parts).map(([section, part]) => {
    const isMerged = section === "options" || section === "grid";
    return [section, isMerged ? { ...mapOf(before[section]), ...mapOf(part) } : part] as const;
  });
  return {
    value: { ...before, ...Object.fromEntries(merged) },
    errorAt: (path, problem) =>
      isGiven(parts, path) || document === undefined
        ? plainError(path, problem)
        : document.errorAt(path, problem),
  };
}

function mapOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function isGiven(parts: Readonly<Record<string, unknown>>, path: DocumentPath): boolean {
  const [section, key] = [path.at(0), path.at(1)];
  if (section === undefined || !(section in parts)) return false;
  if (section !== "options" && section !== "grid") return true;
  return key !== undefined && key in mapOf(parts[section]);
}

function plainError(path: DocumentPath, problem: string): UsageError {
  const [section, key] = [path.at(0), path.at(1)];
  return new UsageError(section === "grid" && key !== undefined ? `--grid ${key}: ${problem}` : problem);
}
