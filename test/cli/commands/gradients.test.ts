import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type CellGradients } from "../../../src/training/gradients.ts";
import { corpusIn, wordsOf } from "../../training/fixture.ts";
import { testsAll } from "../../scope.ts";
import { charrnn } from "../process.ts";

const folder = mkdtempSync(join(tmpdir(), "charrnn-"));
const network = ["--layers", "1", "--hidden", "8", "--engine", "wasm", "--threads", "1"];
const gradients = (...argv: string[]) => charrnn(["gradients", ...argv], folder);

function cellsIn(stdout: string): (CellGradients & { name: string })[] {
  return (JSON.parse(stdout) as { cells: (CellGradients & { name: string })[] }).cells;
}

beforeAll(() => {
  corpusIn(folder, wordsOf(3000));
});

describe("charrnn gradients", () => {
  it("measures an untrained network, as one JSON object alone on standard output", async () => {
    const argv = ["--cell", "rnn", "--init", "orthogonal", ...network, "--places", "20", "--json"];
    const { exitCode, stdout, stderr } = await gradients("corpus.txt", ...argv);
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    const [cell, ...others] = cellsIn(stdout);
    expect(others).toEqual([]);
    expect(cell).toMatchObject({ cell: "rnn", step: 0, clipped: null, start: null });
    expect(
      cell.states.map(({ state, layer, mean, spread }) => [state, layer, mean.length, spread.length]),
    ).toEqual([["h", 0, 101, 101]]);
    // An orthogonal matrix has eigenvalues of absolute value 1.
    expect(cell.spectralRadius.map(({ radius }) => radius)).toEqual([expect.closeTo(1, 4)]);
    expect(cell.parameters.map(({ name }) => name)).toContain("rnn.weight_hh_l0");
    expect(cell.verdict).toMatch(/; updates are /);
  });

  it("says in one line what does not fit together", async () => {
    const lines = await Promise.all([
      gradients("--compare", "rnn,lstm"),
      gradients("corpus.txt", "--compare", "rnn,lstm", "--cell", "gru"),
      gradients("--hidden", "8"),
    ]);
    expect(lines.map(({ exitCode }) => exitCode)).toEqual([2, 2, 2]);
    expect(lines.map(({ stderr }) => stderr)).toEqual([
      "charrnn: --compare trains on a text: for example corpora/tales.txt\n",
      "charrnn: --compare names the cells: leave out --cell\n",
      "charrnn: an untrained network is measured on a text: for example corpora/tales.txt\n",
    ]);
  });

  it.runIf(testsAll)(
    "trains cells alike and sets them side by side, then their runs and checkpoints",
    async () => {
      const steps = ["--steps", "8", "--batch-size", "4", "--keep", "9", "--checkpoint-every", "4"];
      const options = [...network, ...steps, "--name", "c", "--places", "20"];
      const compared = await gradients("corpus.txt", "--compare", "rnn,lstm", ...options, "--json");
      expect(compared.exitCode).toBe(0);
      const cells = cellsIn(compared.stdout);
      expect(cells.map(({ cell, step, name }) => [cell, step > 0, name])).toEqual([
        ["rnn", true, "rnn (c-rnn)"],
        ["lstm", true, "lstm (c-lstm)"],
      ]);
      for (const { start } of cells) expect(start?.verdict).toMatch(/lag 100$/);
      expect(readFileSync(join(folder, "checkpoints/c-rnn/options.json"), "utf8")).toContain('"hidden": 8');

      const runs = await gradients("corpus.txt", "--compare", "c-rnn,c-lstm", "--places", "20", "--json");
      expect(cellsIn(runs.stdout).map(({ states }) => states)).toEqual(cells.map(({ states }) => states));

      const kept = await gradients("c-lstm", "--by-checkpoint", "--places", "20");
      expect(kept.exitCode).toBe(0);
      for (const step of [0, 4, 8]) expect(kept.stdout).toContain(`network          step ${step}\n`);
      expect((await gradients("c-lstm", "--hidden", "9")).stderr).toMatch(/^charrnn: --hidden describes /);
    },
  );
});
