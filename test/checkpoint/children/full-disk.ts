import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readCheckpoint } from "../../../src/checkpoint/read.ts";
import { writeCheckpoint } from "../../../src/checkpoint/write.ts";
import { messageOf } from "../../../src/errors.ts";
import { uniformCheckpoint } from "./uniform.ts";

// In a folder with room for one checkpoint and a half: writes two, and prints what became of them.
const folder = process.argv[2];
const path = join(folder, "latest.json");
await writeCheckpoint(path, uniformCheckpoint(1));
let message = "";
try {
  await writeCheckpoint(path, uniformCheckpoint(2));
} catch (error) {
  message = messageOf(error);
}
const step = readCheckpoint(path).training?.step;
process.stdout.write(JSON.stringify({ message, step, files: readdirSync(folder) }));
