/** One thread of a team: sleeps until a run is asked for, does its share, and leaves when asked to. */
import { workerData } from "node:worker_threads";
import { control } from "./arena.ts";
import { openRunner } from "./kernels.ts";
import type { Place } from "./team.ts";

const { kernels, memory, controlWords, thread, threads } = workerData as Place;
const run = openRunner(kernels, memory, thread);

for (let seen = 0; ;) {
  Atomics.wait(controlWords, control.command, seen);
  const command = Atomics.load(controlWords, control.command);
  // Whoever asks counts first and wakes second: it may wake us for a run that is done already.
  if (command === seen) continue;
  seen = command;
  const program = Atomics.load(controlWords, control.program) >>> 0;
  if (program === 0) break;
  run(program, thread, threads);
  if (Atomics.add(controlWords, control.done, 1) + 1 === threads) {
    Atomics.add(controlWords, control.finished, 1);
    Atomics.notify(controlWords, control.finished);
  }
}
