/** One thread of a team. The thread waits for runs and does its share of each run, until it is terminated. */
import { parentPort, workerData } from "node:worker_threads";
import { control, queued } from "../run-queue.ts";
import { openRunner } from "./kernels.ts";
import { type WorkerStart } from "./team.ts";

const { kernels, memory, controlWords, thread, threads } = workerData as WorkerStart;
const run = openRunner(kernels, memory, thread);
parentPort?.postMessage("ready");

for (let runs = 0; ;) {
  Atomics.wait(controlWords, control.asked, runs);
  // The caller first counts up `asked` and then wakes the threads. So a thread may be woken for a run that is done.
  if (Atomics.load(controlWords, control.asked) === runs) continue;
  runs = (runs + 1) | 0;
  for (const program of queued(controlWords, runs)) run(program, thread, threads);
  if (Atomics.add(controlWords, control.done, 1) + 1 === threads) {
    // This thread is the last one of the run. Other threads may already wait for the next run, but none can have
    // finished it.
    Atomics.store(controlWords, control.done, 0);
    Atomics.add(controlWords, control.finished, 1);
    Atomics.notify(controlWords, control.finished);
  }
}
