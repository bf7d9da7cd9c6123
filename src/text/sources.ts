import { existsSync, type Dirent } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { CharrnnError, UsageError } from "../errors.ts";
import { fileError } from "../file-error.ts";

/** The most bytes that a source yields at once: enough to make the calls cheap, few enough for the caches. */
export const pieceLength = 2 ** 18;

/** One file to read, or standard input. */
export interface Source {
  /** The path as given or found, or "-". */
  readonly name: string;
  /** In bytes; undefined where it cannot be known beforehand. */
  readonly size: number | undefined;
  /** The bytes, in pieces of at most `pieceLength`; a piece is valid until the next is asked for. */
  read(): AsyncIterable<Uint8Array>;
}

/**
 * The files that the given paths mean, in order. A folder means its regular *.txt files, recursively, in byte
 * order of their paths, hidden ones and links left out; "-" is standard input, at most once. What is missing,
 * unreadable, or a folder without text is a CharrnnError.
 */
export async function findSources(paths: readonly string[], stdin: Readable): Promise<Source[]> {
  if (paths.length === 0) throw new UsageError("no corpus is given; name a text file, a folder or -");
  if (paths.filter((path) => path === "-").length > 1) {
    throw new UsageError("standard input (-) is given twice, but can be read only once");
  }
  const found: Source[][] = [];
  for (const path of paths) found.push(path === "-" ? [standardInput(stdin)] : await sourcesAt(path));
  return found.flat();
}

/** The first of some files that is not there; relative ones are looked for from `folder` or the working directory. */
export function missingFile(files: readonly string[], folder = ""): string | undefined {
  return files.find((file) => !existsSync(resolve(folder, file)));
}

async function sourcesAt(path: string): Promise<Source[]> {
  const stats = await stat(path).catch((error: unknown) => {
    throw fileError("read", path, error);
  });
  if (!stats.isDirectory()) return [file(path, stats.isFile() ? stats.size : undefined)];
  const paths: string[] = [];
  for await (const found of textFilesIn(path)) paths.push(found);
  if (paths.length === 0) {
    throw new CharrnnError(
      `the folder ${path} has no .txt files; name the files themselves if they end otherwise`,
    );
  }
  paths.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return (await Promise.all(paths.map(sourcesAt))).flat();
}

async function* textFilesIn(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown): Dirent[] => {
    throw fileError("read", folder, error);
  });
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const path = folder.endsWith("/") ? folder + entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* textFilesIn(path);
    else if (entry.isFile() && entry.name.endsWith(".txt")) yield path;
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
        const buffer = new Uint8Array(pieceLength);
        for (;;) {
          const { bytesRead } = await handle.read(buffer, 0, pieceLength, null).catch((error: unknown) => {
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
          for (let start = 0; start < bytes.length; start += pieceLength) {
            yield bytes.subarray(start, start + pieceLength);
          }
        }
      } catch (error) {
        throw fileError("read", "standard input", error);
      }
    },
  };
}
