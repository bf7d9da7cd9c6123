import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The package's root, two folders above both src/cli and dist/cli. */
export const packageFolder = fileURLToPath(new URL("../..", import.meta.url));

/** The version in package.json. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as {
    version: string;
  };
  return version;
}

const shippedFolder = join(packageFolder, "checkpoints");

/** The trained model that comes with the package, for users who have no model yet. */
export const shippedCheckpoint = join(shippedFolder, "tales/best.json");

/** All trained models that come with the package. */
export const shippedCheckpoints = [shippedCheckpoint, join(shippedFolder, "code/best.json")];
