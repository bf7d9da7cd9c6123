import { writeCheckpoint } from "../../../src/checkpoint/write.ts";
import { uniformCheckpoint } from "./uniform.ts";

// Writes one checkpoint after another to the path it is given, until it is killed.
for (let step = 1; ; step++) {
  await writeCheckpoint(process.argv[2], uniformCheckpoint(step));
  if (step === 1) process.stdout.write("ready\n");
}
