import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../../../src/cli/command-line.ts";
import { packageFolder } from "../../../src/cli/package.ts";
import { type Inspection } from "../../../src/inspection/inspect.ts";
import { temporaryFolder } from "../../checkpoint/fixture.ts";
import { fakeTerminal } from "../fake-terminal.ts";
import { testsAll } from "../../scope.ts";

const code = join(packageFolder, "checkpoints/code/best.json");
const text = join(packageFolder, "corpora/code.txt");

interface Sides {
  inside: number;
  outside: number;
}

async function inspect(...given: string[]) {
  const terminal = fakeTerminal();
  const status = await run(["inspect", code, text, "--threads", "1", ...given], terminal);
  return { status, out: terminal.stdout.text, err: terminal.stderr.text };
}

describe("charrnn inspect", () => {
  it("finds units of the code model that track comments, and gives what is documented as JSON", async () => {
    const { status, out } = await inspect("--characters", "12000", "--match", "return", "--json");
    expect(status).toBe(0);
    const result = JSON.parse(out) as Inspection & { checkpoint: string };
    expect(Object.keys(result)).toEqual([
      "checkpoint",
      "text",
      "characters",
      "loss",
      "hypotheses",
      "saturation",
      "dead",
    ]);
    expect(result.characters).toBe(12_000);
    const comment = result.hypotheses.find(({ name }) => name === "inside a comment");
    expect(comment?.best).toHaveLength(3);
    const best = comment?.best[0];
    expect(best?.cell).toMatch(/^[hc]:0:\d+$/);
    // The model was trained on this text, and its units are clear: a moved hypothesis has no such unit.
    expect(best?.heldOut).toBeGreaterThan(0.9);
    expect(best?.control).toBeLessThan(0.7);
    expect(best?.lossInside).toBeTypeOf("number");
    expect(comment?.probe.heldOut).toBeGreaterThan(best?.heldOut ?? 1);
    expect(result.hypotheses.map(({ name }) => name)).toContain("/return/");
    expect(result.saturation.map(({ gate }) => gate)).toEqual(["i", "f", "o"]);
  });

  it("shows a unit along the text, with signs below it where there are no colours", async () => {
    const { out } = await inspect("--characters", "2000", "--show", "c:0:80");
    const [legend, first, signs] = out.split("\n");
    expect(legend).toMatch(/^c:0:80: \+ high, - low, at ±\d+\.\d\d at most$/);
    expect(signs).toMatch(/^[+.-]+$/);
    expect(signs).toHaveLength(first.length);
  });

  it("writes activations for NumPy, with the names of the columns beside them", async () => {
    const file = join(temporaryFolder(), "states.npy");
    const { status } = await inspect("--characters", "2000", "--places", "h:0:3", "--states", file);
    expect(status).toBe(0);
    const { columns, rows } = JSON.parse(readFileSync(file.replace(".npy", ".json"), "utf8")) as {
      columns: string[];
      rows: string[];
    };
    expect(columns).toHaveLength(2 * 112);
    expect([columns[0], columns[112]]).toEqual(["h:0:0", "c:0:0"]);
    expect(rows).toHaveLength(1999);
    expect(readFileSync(file).length % 64).toBe((1999 * 224 * 4) % 64);
  });

  it.runIf(testsAll)(
    "fixes more and more units that track brackets: the first one costs much inside, and little elsewhere",
    async () => {
      const { out } = await inspect("--characters", "6000", "--ablate", "inside curly", "--json");
      const { hypothesis, curve } = JSON.parse(out) as {
        hypothesis: string;
        curve: { units: number; best: Sides; random: Sides }[];
      };
      expect(hypothesis).toBe("inside curly brackets");
      expect(curve.map(({ units }) => units)).toEqual([1, 2, 4, 8, 16, 32]);
      const [{ best, random }] = curve;
      expect(best.inside).toBeGreaterThan(5 * Math.abs(best.outside));
      expect(best.inside).toBeGreaterThan(random.inside);
    },
  );

  it.each([
    [
      ["--show", "c:0:112"],
      'the model has no unit "c:0:112": units are named state:layer:unit, from h:0:0 to',
    ],
    [["--match", "("], "--match takes a regular expression"],
    [["--show", "c:0:1", "--places", "c:0:2"], "cannot be used with option '--show <unit>'"],
    [["--states", text], "code.txt would overwrite"],
    [["--characters", "500"], "the text has 500 characters: inspect needs 1000 or more"],
    [["--steps", "λ"], "λ"],
  ])("says in one line what is wrong with %j", async (given, message) => {
    const { status, err } = await inspect("--characters", "1500", ...given);
    expect(status).toBeGreaterThan(0);
    expect(err.trim().split("\n")).toHaveLength(1);
    expect(err).toContain(message);
  });

  it("shows each time step of a short text", async () => {
    const { out } = await inspect("--steps", "fn ");
    expect(out.trim().split("\n")).toHaveLength(4);
    // "fn" is followed by a space in every function of the text.
    expect(out.split("\n")[2]).toMatch(/^n .* {3}0\.9\d/);
  });
});
