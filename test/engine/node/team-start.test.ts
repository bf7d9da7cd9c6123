import { Worker } from "node:worker_threads";
import { expect, it, vi } from "vitest";
import { Arena } from "../../../src/engine/arena.ts";
import { Team } from "../../../src/engine/node/team.ts";
import { Layout } from "../../../src/engine/tensor.ts";
import { loadWasm } from "../../../src/engine/node/wasm.ts";

const started = vi.hoisted((): Worker[] => []);

/** Node as it is where the system gives a process two threads and no more. */
vi.mock("node:worker_threads", async (importOriginal) => {
  const real = await importOriginal<typeof import("node:worker_threads")>();
  class ScarceWorker extends real.Worker {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      if (started.length === 2) throw Object.assign(new Error("EAGAIN"), { code: "ERR_WORKER_INIT_FAILED" });
      super(...given);
      started.push(this);
    }
  }
  return { ...real, Worker: ScarceWorker };
});

it("opens no team where the system refuses a thread, says so, and ends the threads that there are", async () => {
  const arena = new Arena(new Layout(), {}, { threads: 3 });
  const opening = Team.open(arena, { name: "wasm", ...(await loadWasm()) }, 3);
  await expect(opening).rejects.toThrow("the system refuses to start 3 threads: use fewer (--threads)");
  // A thread that has ended has no number any more.
  expect(started.map(({ threadId }) => threadId)).toEqual([-1, -1]);
});

it("passes on what else keeps a thread from starting", async () => {
  started.length = 0;
  const arena = new Arena(new Layout(), {}, { threads: 2 });
  const opening = Team.open(arena, { name: "native", addon: "/no/such.node" }, 2);
  await expect(opening).rejects.toThrow("/no/such.node");
  expect(started.map(({ threadId }) => threadId)).toEqual([-1, -1]);
});
