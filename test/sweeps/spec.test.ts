import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDocument } from "../../src/document.ts";
import { UsageError } from "../../src/errors.ts";
import { planSweep } from "../../src/sweeps/plan.ts";
import { readSpec } from "../../src/sweeps/spec.ts";
import { wordsOf } from "../training/fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "charrnn-"));
const corpus = join(folder, "words.txt");
writeFileSync(corpus, wordsOf(4000));

describe("a wrong spec", () => {
  it.each([
    ["name: a\ngird: {cell: [rnn]}", /^s\.yaml:2:1: a sweep has no "gird": it has name, corpus, options/],
    ["grid:\n  cel: [rnn]", /^s\.yaml:2:3: there is no option "cel"/],
    ["grid:\n  cell: [rnn, lstn]", /^s\.yaml:2:15: --cell takes one of rnn/],
    ["grid:\n  hidden: []", /^s\.yaml:2:3: hidden is empty/],
    ["grid: {}", /^s\.yaml:1:1: the grid is empty/],
    ["grid:\n  hidden: 9..3", /^s\.yaml:2:3: the range 9\.\.3 is empty/],
    ["grid:\n  hidden: [8, 8]", /^s\.yaml:2:15: hidden has the value 8 twice/],
    ["options:\n  hidden: 8\ngrid:\n  hidden: [8]", /^s\.yaml:4:3: hidden is in options and in grid/],
    ["options:\n  seed: 3\nseeds: 2", /^s\.yaml:2:3: seed contradicts seeds/],
    ["options: {parameters: 999}\ngrid:\n  hidden: [8]", /^s\.yaml:3:3: hidden contradicts parameters/],
    ["options:\n  parameters: lstm 64", /^s\.yaml:2:3: parameters takes a whole number, or a model/],
    ["random: {lr: {uniform: [0.1, 0.2]}}\ndraws: 0", /^s\.yaml:2:1: draws takes a whole number at least 1/],
    ["random: {lr: {uniform: [0.1, 0.2]}}", /^s\.yaml:1:1: random needs draws/],
    ["draws: 3", /^s\.yaml:1:1: draws needs random/],
    ["random:\n  lr: {normal: [0, 1]}\ndraws: 1", /^s\.yaml:2:3: lr takes one of uniform/],
    ["random:\n  lr: {logUniform: [0, 1]}\ndraws: 1", /^s\.yaml:2:8: logUniform takes .* above 0/],
    ["seeds: 0", /^s\.yaml:1:1: seeds takes a whole number at least 1/],
    ["list: 3", /^s\.yaml:1:1: list takes a list/],
    ["when:\n- if: {cell: rnn}", /^s\.yaml:2:3: a rule needs set/],
    ["halving: 1", /^s\.yaml:1:1: the factor of halving is at least 2/],
    ["grid:\n  name: [a]", /^s\.yaml:2:3: name is a template/],
    ["options:\n  out: runs", /^s\.yaml:2:3: the folder of a sweep is given on the command line/],
    ["- 1", /^s\.yaml:1:1: the spec of a sweep must hold keys/],
    ["grid: {cell: [rnn]", /^s\.yaml:1:\d+: not YAML or JSON/],
    ['{"grid": {\n\t"hidden": ["many"]}}', /^s\.yaml:2:13: --hidden takes a whole number/],
  ])("%j is refused with line and column", (text, message) => {
    const read = () => readSpec(parseDocument(text, "s.yaml"));
    expect(read).toThrow(UsageError);
    expect(read).toThrow(message);
  });

  it("is either understood or refused as wrong usage, whatever it holds", () => {
    const keys = fc.constantFrom(
      "grid",
      "options",
      "list",
      "random",
      "draws",
      "when",
      "seeds",
      "halving",
      "x",
    );
    fc.assert(
      fc.property(fc.dictionary(keys, fc.jsonValue()), (spec) => {
        try {
          readSpec(parseDocument(JSON.stringify(spec), "s.json"));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(UsageError);
        }
      }),
    );
  });
});

describe("a spec whose runs cannot start", () => {
  const plan = (text: string) => planSweep(parseDocument(text, "s.yaml"), join(folder, "checkpoints"));

  it.each([
    ["options: {hidden: 8}", /^s\.yaml:1:1: a sweep needs a corpus/],
    ["\ncorpus: [no-such.txt]", /^s\.yaml:2:1: .*no-such\.txt/],
    ['corpus: ["-"]', /^s\.yaml:1:1: a sweep cannot read standard input/],
    [
      `corpus: ${corpus}\noptions:\n  lines: true\n  documents: true`,
      /^s\.yaml:3:3: --lines and --documents/,
    ],
    [
      `corpus: ${corpus}\ngrid:\n  lr: [0.1, 0.001]\noptions:\n  minLr: 0.01\n  schedule: cosine`,
      /^s\.yaml:5:3: --min-lr/,
    ],
    [`corpus: ${corpus}\ngrid:\n  batchSize: [4, 9999]`, /^s\.yaml:3:18: .*--batch-size/],
    [`corpus: ${corpus}\noptions:\n  name: same\nseeds: 2`, /^s\.yaml:3:3: all 2 runs would be named same/],
    [`corpus: ${corpus}\noptions:\n  name: "{size}"`, /^s\.yaml:3:3: --name: \{size\} names no option/],
    [`corpus: ${corpus}\nhalving: 2\noptions: {valFrac: 0}`, /^s\.yaml:2:1: halving needs a validation/],
  ])("%j is refused before any run starts", async (text, message) => {
    await expect(plan(text)).rejects.toThrow(UsageError);
    await expect(plan(text)).rejects.toThrow(message);
  });

  it("is planned otherwise: names, parameters, steps", async () => {
    const { runs } = await plan(
      `corpus: ${corpus}\noptions: {layers: 1, steps: 7, engine: reference}\ngrid: {cell: [rnn, lstm], parameters: [lstm 1x9]}\nseeds: 2`,
    );
    expect(runs.map(({ name }) => name)).toEqual(["rnn-s1", "rnn-s2", "lstm-s1", "lstm-s2"]);
    expect(runs.map(({ prepared }) => prepared.length.steps)).toEqual([7, 7, 7, 7]);
    expect(runs[2].options.hidden).toBe(9);
  });
});
