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
    const content = '{"seqLength": 25, "batch-size": 8, "beta1": 0.5, "corpus": "a.txt"}';
    expect(parseConfig(content, "c.json")).toEqual({
      corpus: ["a.txt"],
      options: { seqLength: 25, batchSize: 8, beta1: 0.5 },
    });
    expect(parseConfig('{"corpus": ["a.txt", "b"]}', "c.json").corpus).toEqual(["a.txt", "b"]);
    expect(parseConfig("{}", "c.json")).toEqual({ corpus: [], options: {} });
  });

  it("may be YAML, with comments", () => {
    const content =
      "# small\nhidden: 64\nlr: 2e-3\nname: no # a text in YAML 1.2\ncorpus:\n  - a.txt\n  - b\n";
    expect(parseConfig(content, "c.yaml")).toEqual({
      corpus: ["a.txt", "b"],
      options: { hidden: 64, lr: 0.002, name: "no" },
    });
    expect(parseConfig("# nothing\n", "c.yaml")).toEqual({ corpus: [], options: {} });
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
    ["hidden: 3\nhiden: 3", /^c\.yaml:2:1: there is no option "hiden"/],
    [
      '{"quiet": true}',
      /^c\.yaml:1:2: --quiet cannot be set in a configuration file: give it on the command line$/,
    ],
    ['{"resume": "tales"}', /^c\.yaml:1:2: --resume cannot be set/],
    ['{\n  "lr": 1,\n  "hidden": -3\n}', /^c\.yaml:3:3: --hidden takes a whole number/],
    ['{"lr": "fast"}', /--lr takes a number/],
    ["seqLength: 1\nseq-length: 2", /^c\.yaml:2:1: "seq-length" is given twice/],
    ["lr: 1\nlr: 2", /^c\.yaml:2:1: not YAML or JSON: Map keys must be unique/],
    ['{"corpus": 3}', /"corpus" takes a path/],
    ['{"corpus": [""]}', /"corpus" takes a path/],
    ['{"__proto__": 3}', /__proto__/],
    ["[1]", /^c\.yaml:1:1: the file must hold options/],
    ["text", /must hold options/],
    ["{", /^c\.yaml:1:2: not YAML or JSON/],
    ["a: *b", /^c\.yaml:1:\d: not YAML or JSON: Unresolved alias/],
  ])("with %j is refused with a line that says where and why", (content, message) => {
    expect(() => parseConfig(content, "c.yaml", ["resume", "quiet"])).toThrow(UsageError);
    expect(() => parseConfig(content, "c.yaml", ["resume", "quiet"])).toThrow(message);
  });

  it("is either understood or refused as wrong usage, whatever it holds", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (content) => {
        try {
          expect(parseConfig(content, "c.json")).toHaveProperty("options");
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(UsageError);
        }
      }),
    );
  });

  it("that is missing is wrong usage and named", () => {
    expect(() => readConfig("no/such.json", [])).toThrow(/^cannot read no\/such.json: no such file/);
  });
});
