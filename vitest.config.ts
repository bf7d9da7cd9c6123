import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const tests = "test/**/*.test.ts";

/** Test files that get a process of their own. All others share one load of the modules for each worker. */
const apart = [
  // They put something else in a module's place.
  "test/engine/node/team-start.test.ts",
  "test/engine/operations.test.ts",
  "test/training/failures.test.ts",
  // They measure the memory of a child process, whose peak Linux counts from that of its parent on.
  "test/checkpoint/read.test.ts",
  "test/text/corpus.test.ts",
  "test/training/plan.test.ts",
];

/** `--mode all` also runs every shape of every kernel: `npm run test:all`. */
export default defineConfig(({ mode }) => {
  // Processes of tests inherit it; the `env` of a configuration does not reach projects.
  if (mode === "all") process.env.CHARRNN_TEST_ALL = "yes";
  return {
    test: {
      globalSetup: "test/temporary-folder.ts",
      pool: "forks",
      maxWorkers: availableParallelism(),
      testTimeout: 180_000,
      hookTimeout: 180_000,
      projects: [
        { extends: true, test: { name: "shared modules", include: [tests], exclude: apart, isolate: false } },
        { extends: true, test: { name: "own process", include: apart } },
      ],
    },
  };
});
