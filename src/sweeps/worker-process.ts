/** A child process of the pool. It trains one run after another, and ends when its parent does. */
import { SharedData } from "../training/shared-data.ts";
import { perform } from "./perform.ts";
import { type FromWorker, type ToWorker } from "./worker-messages.ts";

const shared = new SharedData();
let stopping = new AbortController();

function send(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}

process.on("message", (message: ToWorker) => {
  if (message.kind === "stop") {
    stopping.abort();
    return;
  }
  stopping = new AbortController();
  const control = { shared, signal: stopping.signal };
  void perform(message.assignment, control, (event) => {
    send({ kind: "event", event });
  }).then((ending) => {
    send({ kind: "end", ending });
  });
});

// The parent got the same Ctrl-C from the terminal, and says what to do.
for (const signal of ["SIGINT", "SIGHUP"]) process.on(signal, () => undefined);
// The last complete checkpoint stays.
process.on("disconnect", () => process.exit());
