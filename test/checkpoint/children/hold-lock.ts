import { lockRun } from "../../../src/checkpoint/lock.ts";
import { messageOf } from "../../../src/errors.ts";

// Takes the lock of the folder it is given once a line comes in, says whether it has it, and holds it until killed.
process.stdin.once("data", () => {
  lockRun(process.argv[2]).then(
    () => process.stdout.write("held\n"),
    (error: unknown) => process.stdout.write(`${messageOf(error)}\n`),
  );
});
process.stdout.write("ready\n");
