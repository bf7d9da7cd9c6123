import { run } from "./run.ts";
import { processTerminal } from "./terminal/terminal.ts";

// A failed write reports itself to the one who waits for it; unheard, it would end the process with a stack trace.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

process.exitCode = await run(process.argv.slice(2), processTerminal());
