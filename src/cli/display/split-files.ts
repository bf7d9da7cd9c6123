import { splitNames, type FilePart } from "../../text/splits.ts";
import { type DataSizes } from "../../tasks/task.ts";
import { formatCount } from "../terminal/format.ts";

/** At most so many files of a split are named. */
const MOST_NAMED = 20;

const verbs = { train: "train on", val: "validate on", test: "test on" } as const;

/** A line for each split that has files: which files it has, and how much of them. */
export function describeSplitFiles({ files }: Pick<DataSizes, "files">): (readonly [string, string])[] {
  if (files === undefined) return [];
  const all = splitNames.flatMap((name) => files[name]);
  const folder = sharedFolder(all.map(({ file }) => file));
  const lines = splitNames
    .filter((name) => files[name].length > 0)
    .map((name) => [verbs[name], listed(files[name], folder)] as const);
  return folder === "" ? lines : [["files in", folder], ...lines];
}

function listed(parts: readonly FilePart[], folder: string): string {
  const named = parts.slice(0, MOST_NAMED).map(({ file, symbols, of }) => {
    const name = file.slice(folder.length);
    return symbols === of ? name : `${share(symbols / of)} of ${name}`;
  });
  if (parts.length > MOST_NAMED) named.push(`and ${formatCount(parts.length - MOST_NAMED)} more`);
  return named.join(", ");
}

/** A part of a file in per cent. It is neither nothing nor all. */
function share(part: number): string {
  const percent = Math.round(100 * part);
  if (percent === 0) return "less than 1 %";
  return percent === 100 ? "more than 99 %" : `${percent} %`;
}

/** The folder that all paths begin with, with its slash; empty if there is none. */
function sharedFolder(paths: readonly string[]): string {
  const [first = ""] = paths;
  let folder = first.slice(0, first.lastIndexOf("/") + 1);
  while (folder !== "" && !paths.every((path) => path.startsWith(folder))) {
    folder = folder.slice(0, folder.lastIndexOf("/", folder.length - 2) + 1);
  }
  return folder;
}
