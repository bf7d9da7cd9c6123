/** One thread of a team: sleeps until runs are asked for, and does its share of each, until it is terminated. */
import { parentPort, workerData } from "node:worker_threads";
import { control, queued } from "../run-queue.ts";
import { openRunner } from "./kernels.ts";
import { type WorkerStart } from "./team.ts";

const { kernels, memory, controlWords, thread, threads } = workerData as WorkerStart;
const run = openRunner(kernels, memory, thread);
parentPort?.postMessage("ready");

for (let runs = 0; ;) {
  Atomics.wait(controlWords, control.asked, runs);
  // The caller first counts the run and then wakes us. So it may wake us for a run that is already done.
  if (Atomics.load(controlWords, control.asked) === runs) continue;
  runs = (runs + 1) | 0;
  for (const program of queued(controlWords, runs)) run(program, thread, threads);
  if (Atomics.add(controlWords, control.done, 1) + 1 === threads) {
    // The other threads may already wait in the next run, but none can have finished it.
    Atomics.store(controlWords, control.done, 0);
    Atomics.add(controlWords, control.finished, 1);
    Atomics.notify(controlWords, control.finished);
  }
}
