import { describe, expect, it } from "vitest";
import { parseDocument } from "../../src/document.ts";
import { expand } from "../../src/sweeps/expand.ts";
import { readSpec } from "../../src/sweeps/spec.ts";

/** The settings of each run of a spec. */
function runsOf(text: string): Record<string, unknown>[] {
  const document = parseDocument(text, "s.yaml");
  return expand(readSpec(document), document).map((draft) =>
    Object.fromEntries([...draft].map(([name, { value }]) => [name, value])),
  );
}

describe("a spec", () => {
  it("is each point of the grid with each seed; the seeds change first", () => {
    expect(runsOf("options: {lr: 0.1}\ngrid: {cell: [rnn, gru], hidden: 8..16:*2}\nseeds: 2")).toEqual([
      { lr: 0.1, cell: "rnn", hidden: 8, seed: 1 },
      { lr: 0.1, cell: "rnn", hidden: 8, seed: 2 },
      { lr: 0.1, cell: "rnn", hidden: 16, seed: 1 },
      { lr: 0.1, cell: "rnn", hidden: 16, seed: 2 },
      { lr: 0.1, cell: "gru", hidden: 8, seed: 1 },
      { lr: 0.1, cell: "gru", hidden: 8, seed: 2 },
      { lr: 0.1, cell: "gru", hidden: 16, seed: 1 },
      { lr: 0.1, cell: "gru", hidden: 16, seed: 2 },
    ]);
  });

  it("combines a grid with the items of a list, and takes seeds by number", () => {
    expect(
      runsOf("grid: {layers: [1, 2]}\nlist: [{hidden: 4}, {hidden: 8, dropout: 0.5}]\nseeds: [7]"),
    ).toEqual([
      { layers: 1, hidden: 4, seed: 7 },
      { layers: 1, hidden: 8, dropout: 0.5, seed: 7 },
      { layers: 2, hidden: 4, seed: 7 },
      { layers: 2, hidden: 8, dropout: 0.5, seed: 7 },
    ]);
  });

  it("without any of them is one run", () => {
    expect(runsOf("corpus: a.txt")).toEqual([{}]);
  });

  it("sets options by rules, which see defaults and earlier rules", () => {
    // lstm is the default cell.
    const rules =
      "when:\n- {if: {cell: lstm}, set: {clipNorm: 1}}\n- {if: {clipNorm: [1, 2]}, set: {seq-length: 20}}";
    expect(runsOf(`list: [{hidden: 4}, {hidden: 4, cell: gru}]\n${rules}`)).toEqual([
      { hidden: 4, clipNorm: 1, seqLength: 20 },
      { hidden: 4, cell: "gru" },
    ]);
  });

  it("keeps one of the runs that rules make equal", () => {
    const rule = "when: [{if: {layers: 1}, set: {dropout: 0}}]";
    expect(runsOf(`grid: {layers: [1, 2], dropout: [0, 0.5]}\n${rule}`)).toEqual([
      { layers: 1, dropout: 0 },
      { layers: 2, dropout: 0 },
      { layers: 2, dropout: 0.5 },
    ]);
  });

  it("draws the same values each time, and keeps them if more are drawn", () => {
    const random =
      "random: {lr: {logUniform: [1e-4, 1e-2]}, dropout: {uniform: [0, 0.5]}, hidden: {integer: [8, 12]}, optimizer: {choice: [adam, sgd]}}";
    const few = runsOf(`${random}\ndraws: 3`);
    const many = runsOf(`${random}\ndraws: 200`);
    expect(many.slice(0, 3)).toEqual(few);
    const lr = many.map(({ lr }) => Number(lr));
    expect(Math.min(...lr)).toBeGreaterThanOrEqual(1e-4);
    expect(Math.max(...lr)).toBeLessThanOrEqual(1e-2);
    // Half of the draws of a log-uniform value are below the geometric mean. The deviation of the share is 3.5 %.
    expect(lr.filter((value) => value < 1e-3).length / 200).toBeCloseTo(0.5, 0);
    expect(new Set(many.map(({ hidden }) => hidden))).toEqual(new Set([8, 9, 10, 11, 12]));
    expect(new Set(many.map(({ optimizer }) => optimizer))).toEqual(new Set(["adam", "sgd"]));
  });
});
