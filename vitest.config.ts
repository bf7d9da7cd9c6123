import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** `--mode all` also runs every shape of every kernel: `npm run test:all`. */
export default defineConfig(({ mode }) => ({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/temporary-folder.ts",
    pool: "forks",
    maxWorkers: availableParallelism(),
    testTimeout: 180_000,
    hookTimeout: 180_000,
    env: { CHARRNN_TEST_ALL: mode === "all" ? "yes" : "no" },
  },
}));
