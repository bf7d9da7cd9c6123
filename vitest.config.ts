import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/temporary-folder.ts",
    pool: "forks",
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
