import { run } from "./run.ts";
import { processTerminal } from "./terminal/terminal.ts";

// The code that waits for a write hears if it fails. Without a listener here, the failure would also end the process
// with a stack trace.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

process.exitCode = await run(process.argv.slice(2), processTerminal());
