import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** All that tests leave in the temporary folder goes when the last has ended: they are given one of their own. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "charrnn-tests-"));
  // Some run a process as another user, who must come as far as what he may not read.
  chmodSync(folder, 0o755);
  process.env.TMPDIR = folder;
  return () => {
    rmSync(folder, { recursive: true, force: true });
  };
}
