import { run } from "./command-line.ts";
import { processTerminal } from "./terminal/terminal.ts";

// A failed write is reported to the code that waits for the write. Without a listener here, Node would also end the
// process with a stack trace.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

process.exitCode = await run(process.argv.slice(2), processTerminal());
