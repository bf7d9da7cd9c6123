import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A path inside the package, which lies two folders above both src/cli and dist/cli. */
function packagePath(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

/** The version in package.json. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(packagePath("package.json"), "utf8")) as { version: string };
  return version;
}

/** The trained model that comes with the package, for those who have none yet. */
export const shippedCheckpoint = packagePath("checkpoints/tales/best.json");
