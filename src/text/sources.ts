import { createHash } from "node:crypto";
import { existsSync, type Dirent, type Stats } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { type Readable } from "node:stream";
import { CharrnnError, UsageError } from "../errors.ts";
import { fileError } from "../file-error.ts";

/** The most bytes that a source yields at once: enough to make system calls cheap, few enough for the CPU's caches. */
export const PIECE_LENGTH = 2 ** 18;

/** One file to read, or standard input. */
export interface Source {
  /** The path as given or found, or "-". */
  readonly name: string;
  /** In bytes; undefined if the size is not known in advance. */
  readonly size: number | undefined;
  /**
   * The bytes, in pieces of at most `PIECE_LENGTH`. A piece is valid until the next piece is requested.
   * @throws CharrnnError if the file cannot be read
   */
  read(): AsyncIterable<Uint8Array>;
}

/** The sources that the paths stand for, and notes for the user, one line each. */
export interface FoundSources {
  readonly sources: Source[];
  readonly notes: string[];
}

/**
 * Finds the files that the given paths stand for, in order. "-" is standard input, at most once. A folder stands for
 * its regular *.txt (or *.TXT) files, recursively, in byte order of their paths. For each folder, a note gives the number
 * of texts, and names the links and other files that were left out, except hidden files.
 * @throws UsageError if `paths` is no list, is empty or names "-" twice
 * @throws CharrnnError if a path is missing or unreadable, or a folder has no text
 */
export async function findSources(paths: readonly string[], stdin: Readable): Promise<FoundSources> {
  // A string would be read as a list of its characters.
  if (typeof (paths as unknown) === "string")
    throw new UsageError("the corpus must be a list of paths: write [path], not path");
  if (paths.length === 0) throw new UsageError("no corpus is given; name a text file, a folder or -");
  if (paths.filter((path) => path === "-").length > 1) {
    throw new UsageError("standard input (-) is given twice, but can be read only once");
  }
  const found: Source[][] = [];
  const notes: string[] = [];
  for (const path of paths) {
    found.push(path === "-" ? [standardInput(stdin)] : await sourcesAt(path, notes));
  }
  return { sources: found.flat(), notes };
}

/**
 * The one file that a path names; "-" is standard input.
 * @throws CharrnnError if the file is missing, unreadable or a folder
 */
export async function findFile(path: string, stdin: Readable): Promise<Source> {
  if (path === "-") return standardInput(stdin);
  const stats = await statOf(path);
  if (stats.isDirectory()) throw new CharrnnError(`${path} is a folder, not a file; name a file in it`);
  return file(path, sizeOf(stats));
}

/**
 * The sha256 of all bytes of files and folders, in hexadecimal; undefined if they cannot be read.
 */
export async function digestOf(paths: readonly string[]): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    for (const path of paths) {
      for (const source of await sourcesAt(path, [])) {
        for await (const piece of source.read()) hash.update(piece);
      }
    }
    return hash.digest("hex");
  } catch (error) {
    if (error instanceof CharrnnError) return undefined;
    throw error;
  }
}

/** The same source. `onPiece` sees each piece before it is yielded. */
export function watched(source: Source, onPiece: (piece: Uint8Array) => void): Source {
  return {
    name: source.name,
    size: source.size,
    async *read() {
      for await (const piece of source.read()) {
        onPiece(piece);
        yield piece;
      }
    },
  };
}

/** The name of a source in messages. */
export function sourceName(path: string): string {
  return path === "-" ? "standard input" : path;
}

/** Names sources in a few words: the first one, and the number of the others. */
export function some(paths: readonly string[]): string {
  const first = sourceName(paths[0]);
  return paths.length === 1 ? first : `${first} and ${paths.length - 1} more`;
}

/** The first file that does not exist. Relative paths start from `folder`, or else from the working directory. */
export function missingFile(files: readonly string[], folder = ""): string | undefined {
  return files.find((file) => !existsSync(resolve(folder, file)));
}

async function sourcesAt(path: string, notes: string[]): Promise<Source[]> {
  const stats = await statOf(path);
  if (!stats.isDirectory()) return [file(path, sizeOf(stats))];
  const found = { text: [] as string[], link: [] as string[], other: [] as string[] };
  for await (const { name, kind } of filesIn(path)) found[kind].push(name);
  const { text: paths, link: links, other: others } = found;
  if (paths.length === 0) {
    throw new CharrnnError(
      `the folder ${path} has no .txt files; if the texts have other endings, name the files themselves`,
    );
  }
  const left = [
    ...(links.length === 0
      ? []
      : [`the ${links.length === 1 ? "link" : "links"} ${links.sort().join(", ")}`]),
    ...(others.length === 0
      ? []
      : [`${some(others.sort())}, which ${others.length === 1 ? "is" : "are"} not .txt`]),
  ];
  const without = left.length === 0 ? "" : `, without ${left.join(", and without ")}`;
  notes.push(
    `${path} has ${paths.length === 1 ? "1 text" : `${paths.length} texts, read in order of their paths`}${without}`,
  );
  paths.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return (await Promise.all(paths.map((found) => sourcesAt(found, notes)))).flat();
}

async function statOf(path: string): Promise<Stats> {
  return stat(path).catch((error: unknown) => {
    throw fileError("read", path, error);
  });
}

/** The size of a regular file. A pipe has none. */
function sizeOf(stats: Stats): number | undefined {
  return stats.isFile() ? stats.size : undefined;
}

/** The files in a folder and in the folders below it, without hidden ones. A text is a regular *.txt or *.TXT file. */
async function* filesIn(folder: string): AsyncGenerator<{ name: string; kind: "text" | "link" | "other" }> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown): Dirent[] => {
    throw fileError("read", folder, error);
  });
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const name = folder.endsWith("/") ? folder + entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* filesIn(name);
    else if (entry.isSymbolicLink()) yield { name, kind: "link" };
    else yield { name, kind: entry.isFile() && /\.txt$/i.test(entry.name) ? "text" : "other" };
  }
}

function file(path: string, size: number | undefined): Source {
  return {
    name: path,
    size,
    async *read() {
      const handle = await open(path).catch((error: unknown) => {
        throw fileError("read", path, error);
      });
      try {
        const buffer = new Uint8Array(PIECE_LENGTH);
        for (;;) {
          const { bytesRead } = await handle.read(buffer, 0, PIECE_LENGTH, null).catch((error: unknown) => {
            throw fileError("read", path, error);
          });
          if (bytesRead === 0) return;
          yield buffer.subarray(0, bytesRead);
        }
      } finally {
        await handle.close();
      }
    },
  };
}

function standardInput(stdin: Readable): Source {
  return {
    name: "-",
    size: undefined,
    async *read() {
      try {
        for await (const chunk of stdin as AsyncIterable<unknown>) {
          const bytes = chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
          for (let start = 0; start < bytes.length; start += PIECE_LENGTH) {
            yield bytes.subarray(start, start + PIECE_LENGTH);
          }
        }
      } catch (error) {
        throw fileError("read", "standard input", error);
      }
    },
  };
}
