import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { findNativeKernels } from "../../../src/engine/node/native-kernels.ts";
import { columnShares } from "../../../src/engine/sharing.ts";
import { type TrainOptions } from "../../../src/training/options.ts";
import { temporaryFolder } from "../../checkpoint/fixture.ts";
import { allOr, testsAll } from "../../scope.ts";

const engines = ["wasm"];
const native = await findNativeKernels({ mayCompile: true });
if ("addon" in native) engines.push("native");
else console.warn(`exiting with the native engine is not tested: ${native.unavailable}`);

/** A process may exit at any moment of a step, so each way of exiting is tried several times. */
const TIMES = testsAll ? 3 : 1;

const index = new URL("../../../dist/index.js", import.meta.url).href;

/**
 * Ends in the midst of training, once so many steps are told of, or at its start; a process that hangs is killed, and
 * then has no status.
 */
function statusOf(engine: string, end: string, at = 3, more: Partial<TrainOptions> = {}): number | null {
  const options = { engine, threads: 2, hidden: 64, out: temporaryFolder(), logEvery: 3, ...more };
  const script = `import { train } from "${index}";
    let steps = 0;
    for await (const { event } of train(["corpora/code.txt"], ${JSON.stringify(options)})) {
      if (event === "step") steps++;
      if (steps === ${at}) ${end};
    }`;
  const spawning = { stdio: "ignore", timeout: 20_000, killSignal: "SIGKILL" } as const;
  return spawnSync(process.execPath, ["--input-type=module", "-e", script], spawning).status;
}

it.each(allOr(engines.slice(0, 1), engines))("a process that exits while %s is at work exits", (engine) => {
  for (let time = 0; time < TIMES; time++) expect(statusOf(engine, "process.exit(7)")).toBe(7);
});

it.each(allOr(engines.slice(0, 1), engines))(
  "a process that exits while some threads of %s meet without the others exits",
  (engine) => {
    const [threads, batchSize, hidden, seqLength] = [8, 7, 102, 200];
    expect(columnShares(threads, batchSize, hidden)).toBe(4);
    for (let time = 0; time < TIMES; time++) {
      // In the midst of the next chunk, which has begun.
      const end = "setTimeout(() => process.exit(7), 2)";
      expect(statusOf(engine, end, 3, { threads, batchSize, hidden, seqLength })).toBe(7);
    }
  },
);

it.each(allOr(engines.slice(0, 1), engines))(
  "a process that forgets a run on %s ends when it has nothing else to do",
  (engine) => {
    for (const at of [0, 3]) expect(statusOf(engine, "await new Promise(() => {})", at)).toBe(13);
  },
);

it.each(allOr(engines.slice(0, 1), engines))(
  "a process with an error that nobody catches ends while %s is at work",
  (engine) => {
    for (let time = 0; time < TIMES; time++)
      expect(statusOf(engine, `setImmediate(() => { throw 1 })`)).toBe(1);
  },
);
