import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { allOr, testsAll } from "../scope.ts";
import { flopsPerCharacter, sizeOf } from "./size.ts";

/** Without peers, which other tests do not need. */
async function bench(...flags: string[]): Promise<unknown> {
  const script = fileURLToPath(new URL("bench.ts", import.meta.url));
  const job = ["--import", "tsx", script, "--sizes", "1x16", "--json", ...flags];
  const env = { ...process.env, PYTHON: "no-python", PEERS: undefined };
  const { stdout } = await promisify(execFile)(process.execPath, job, { env });
  return JSON.parse(stdout);
}

describe("the benchmark", () => {
  it.runIf(testsAll)(
    "gives every engine and number of threads a line, beside the machine and its peak",
    async () => {
      const flags = ["--cells", "rnn", "--threads", "1,2", "--seconds", "0.05", "--rounds", "1"];
      const { rows, ...machine } = (await bench(...flags)) as { rows: Record<string, unknown>[] };
      expect(machine).toHaveProperty("cpu");
      const native = rows.some(({ by }) => by === "native");
      // What compiles the native engine compiles the measurement of the peak.
      if (native) expect(machine).toHaveProperty(["peakGflops", "2", "128"], expect.any(Number));
      expect(rows.map(({ by, threads }) => [by, threads])).toEqual(
        expect.arrayContaining([
          ["wasm", 1],
          ["wasm", 2],
        ]),
      );
      for (const { model, charactersPerSecond } of rows) {
        expect(model).toBe("rnn 1x16");
        expect(charactersPerSecond).toBeGreaterThan(0);
      }
    },
  );

  it.runIf(testsAll)(
    "profiles a chunk: every part has a time, and the products have all its operations",
    async () => {
      const { profiles } = (await bench("--cells", "gru", "--profile")) as {
        profiles: { engine: string; parts: { name: string; milliseconds: number; flops: number }[] }[];
      };
      const wasm = profiles.find(({ engine }) => engine === "wasm");
      const parts = wasm?.parts ?? [];
      expect(parts.every(({ milliseconds }) => milliseconds > 0)).toBe(true);
      // The gradient of the state before the chunk is not wanted: one step of 50 has no recurrent product backward.
      const unwanted = 2 * 50 * (3 * 16) * 16;
      const expected = 50 * 50 * flopsPerCharacter(sizeOf("gru", "1x16")) - unwanted;
      expect(parts.reduce((sum, { flops }) => sum + flops, 0)).toBe(expected);
    },
  );

  it("counts six operations for each weight of a layer above the input and of the head", () => {
    // Two layers of 4 x 8 rows: 32 x 8 recurrent weights each and 32 x 8 between them; a head of 8 x 65.
    expect(flopsPerCharacter(sizeOf("lstm", "2x8"))).toBe(6 * (3 * 256 + 520));
    expect(sizeOf("lstm", "2x512")).toMatchObject({ batch: 50, steps: 50 });
    expect(sizeOf("lstm", "3x512")).toMatchObject({ batch: 100, steps: 100 });
  });

  it.each([
    [["--sizes", "2xa"], "2xa"],
    ...allOr([], [
      [["--cells", "lstm,elman"], "elman"],
      [["--threads", "1,0"], "1,0"],
      [["--seconds", "soon"], "soon"],
    ] as const),
  ] as const)("refuses %j in one line", async (flags, named) => {
    const line = new RegExp(`^error: option '.*' argument '.*${named}' is invalid\\..*\n$`);
    await expect(bench(...flags)).rejects.toHaveProperty("stderr", expect.stringMatching(line));
  });
});
