import { some } from "../text/sources.ts";
import { ownFiles, type CorpusRecord } from "./format.ts";

/**
 * The files whose content is not what a record says, in a few words: the one that has changed, if the record has the
 * digest of each file. Undefined if nothing has changed.
 */
export function changedFile(
  read: Pick<CorpusRecord, "files" | "val" | "test" | "sha256" | "digests">,
  { sha256, digests = [] }: Pick<CorpusRecord, "sha256" | "digests">,
): string | undefined {
  if (read.sha256 === sha256) return undefined;
  const files = [...read.files, ...(ownFiles(read.val) ?? []), ...(ownFiles(read.test) ?? [])];
  const { digests: found = [] } = read;
  const changed = files.filter((_, index) => found[index] !== digests[index]);
  const isSameList = digests.length > 0 && digests.length === found.length;
  return some(isSameList && changed.length > 0 ? changed : read.files);
}
