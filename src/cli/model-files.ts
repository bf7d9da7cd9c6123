import { basename, dirname, resolve } from "node:path";
import { ownFiles, type Checkpoint } from "../checkpoint/format.ts";
import { runFolder } from "../checkpoint/run-folder.ts";
import { packageFolder, shippedCheckpoints } from "./package.ts";
import { isSameFile } from "./same-file.ts";

/** The folder from which the paths of a model's texts start. The texts of the bundled models are bundled too. */
export function corpusFolderOf(path: string): string | undefined {
  return shippedCheckpoints.some((shipped) => isSameFile(path, shipped)) ? packageFolder : undefined;
}

/** The files of a model: its checkpoint, the other files of its run, and the texts that it was trained on. */
export function filesOf(
  { path, checkpoint }: { path: string; checkpoint: Checkpoint },
  corpusFolder = "",
): string[] {
  const folder = dirname(resolve(path));
  const { options, metrics, latest, best } = runFolder(dirname(folder), basename(folder));
  const { files = [], val, test } = checkpoint.training?.corpus ?? {};
  const texts = [...files, ...(ownFiles(val) ?? []), ...(ownFiles(test) ?? [])];
  return [path, options, metrics, latest, best, ...texts.map((text) => resolve(corpusFolder, text))];
}
