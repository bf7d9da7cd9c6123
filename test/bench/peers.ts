import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve as resolvePath } from "node:path";
import { fileURLToPath } from "node:url";
import { VOCABULARY, type Size } from "./size.ts";

/** What is measured: an engine of ours or a peer, on so many threads. */
export interface Contender {
  readonly name: string;
  readonly threads: number;
  /** Characters a second over about so many seconds; undefined for a size that it does not take on. */
  readonly measure: (size: Size, seconds: number) => Promise<number | undefined>;
}

/**
 * The peers that this machine has: PyTorch of every python that $PYTHON names (separated by commas), or else of
 * python3 and /usr/bin/python3, and TensorFlow.js and brain.js from $PEERS, a folder that they were installed into.
 */
export function findPeers(threadCounts: readonly number[]): Contender[] {
  return [...findTorch(threadCounts), ...findPackages()];
}

function findTorch(threadCounts: readonly number[]): Contender[] {
  const pythons = process.env.PYTHON?.split(",") ?? ["python3", "/usr/bin/python3"];
  const found = new Map<string, string>();
  for (const python of pythons) {
    try {
      const code = "import torch; print(torch.__version__)";
      const version = lastLine(execFileSync(python, ["-c", code], { encoding: "utf8", stdio: "pipe" }));
      if (!found.has(version)) found.set(version, python);
    } catch {
      // It has no torch.
    }
  }
  // The script goes in by standard input: a python in a chroot does not see our files.
  const script = readFileSync(new URL("peer.py", import.meta.url));
  return [...found].flatMap(([version, python]) =>
    threadCounts.map((threads) => ({
      name: `torch ${version.replace(/[^\d.].*$/, "")}`,
      threads,
      measure: ({ cell, layers, hidden, batch, steps }, seconds) => {
        const job = ["-", cell, layers, hidden, batch, steps, VOCABULARY, threads, seconds].map(String);
        return speedOf(python, job, script);
      },
    })),
  );
}

/** What a script printed, without what its libraries had to say before. */
function lastLine(output: string): string {
  return output.trimEnd().split("\n").at(-1) ?? "";
}

/** The speed that a peer's process prints; one that fails is left out, with a line. */
function speedOf(
  command: string,
  job: readonly string[],
  input: Uint8Array | "",
): Promise<number | undefined> {
  try {
    const speed = Number(lastLine(execFileSync(command, job, { input, encoding: "utf8" })));
    if (Number.isFinite(speed)) return Promise.resolve(speed);
  } catch {
    // What went wrong stands on standard error.
  }
  process.stderr.write(`${command} ${job.join(" ")} gave no speed: it is left out\n`);
  return Promise.resolve(undefined);
}

/** The hidden units up to which the JavaScript peers are measured: they are hundreds of times slower. */
const LARGEST_OF_PACKAGES = 256;

function findPackages(): Contender[] {
  if (process.env.PEERS === undefined) return [];
  const folder = resolvePath(process.env.PEERS);
  const { resolve } = createRequire(join(folder, "package.json"));
  const script = fileURLToPath(new URL("peer.mjs", import.meta.url));
  return ["@tensorflow/tfjs", "brain.js"].flatMap((name): Contender[] => {
    try {
      resolve(name);
    } catch {
      return [];
    }
    const measure = ({ cell, layers, hidden, batch, steps }: Size, seconds: number) => {
      if (hidden > LARGEST_OF_PACKAGES) return Promise.resolve(undefined);
      const job = [folder, name, cell, layers, hidden, batch, steps, VOCABULARY, seconds].map(String);
      return speedOf(process.execPath, [script, ...job], "");
    };
    return [{ name: name.replace("@tensorflow/", ""), threads: 1, measure }];
  });
}
