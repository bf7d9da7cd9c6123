import { isAbsolute } from "node:path";
import { describe, expect, it } from "vitest";
import { packageVersion, shippedCheckpoint } from "../../src/cli/package.ts";

describe("the package", () => {
  it("knows its version and where its model lies, whatever the working directory", () => {
    expect(packageVersion()).toMatch(/^\d+\.\d+\.\d+$/);
    expect(isAbsolute(shippedCheckpoint)).toBe(true);
  });
});
