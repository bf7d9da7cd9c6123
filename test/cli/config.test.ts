import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRun } from "../../src/checkpoint/new-run.ts";
import { writeOptions } from "../../src/checkpoint/run-folder.ts";
import { parseConfig, readConfig } from "../../src/cli/config.ts";
import { UsageError } from "../../src/errors.ts";
import { completeOptions } from "../../src/training/option-checks.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";

describe("a configuration file", () => {
  it("takes keys in camel and in kebab case, and one corpus or several", () => {
    expect(parseConfig('{"seqLength": 25, "batch-size": 8, "beta1": 0.5, "corpus": "a.txt"}')).toEqual({
      corpus: ["a.txt"],
      options: { seqLength: 25, batchSize: 8, beta1: 0.5 },
    });
    expect(parseConfig('{"corpus": ["a.txt", "b"]}').corpus).toEqual(["a.txt", "b"]);
    expect(parseConfig("{}")).toEqual({ corpus: [], options: {} });
  });

  it("may begin with a byte order mark", () => {
    const file = join(temporaryFolder(), "config.json");
    writeFileSync(file, '\ufeff{"hidden": 3}');
    expect(readConfig(file, []).options).toEqual({ hidden: 3 });
  });

  it("may be a run's own options.json, whose name no other run can have", async () => {
    const run = createRun(temporaryFolder(), "run", { corpus: "a.txt", cell: "gru", layers: 1, hidden: 9 });
    const options = completeOptions({ cell: "gru", hidden: 9 });
    await writeOptions(run, { start: "2024-01-01T00:00:00Z", corpus: ["a.txt"], ...options, name: "run" });
    expect(readConfig(run.options, [])).toEqual({ corpus: ["a.txt"], options });
  });

  it.each([
    ['{"hiden": 3}', /no option "hiden"/],
    ['{"quiet": true}', /^--quiet cannot be set in a configuration file: give it on the command line$/],
    ['{"resume": "tales"}', /^--resume cannot be set/],
    ['{"hidden": -3}', /--hidden takes a whole number/],
    ['{"lr": "fast"}', /--lr takes a number/],
    ['{"seqLength": 1, "seq-length": 2}', /"seq-length" is given twice/],
    ['{"corpus": 3}', /"corpus" takes a path/],
    ['{"corpus": [""]}', /"corpus" takes a path/],
    ['{"__proto__": 3}', /__proto__/],
    ["[1]", /one JSON object/],
    ["null", /one JSON object/],
    ["{", /not JSON/],
  ])("with %s is refused with a line that says why", (content, message) => {
    expect(() => parseConfig(content, ["resume", "quiet"])).toThrow(UsageError);
    expect(() => parseConfig(content, ["resume", "quiet"])).toThrow(message);
  });

  it("is either understood or refused as wrong usage, whatever it holds", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (content) => {
        try {
          expect(parseConfig(content)).toHaveProperty("options");
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(UsageError);
        }
      }),
    );
  });

  it("that is missing is wrong usage and named", () => {
    expect(() => readConfig("no/such.json", [])).toThrow(
      /^--config: cannot read no\/such.json: no such file/,
    );
  });
});
