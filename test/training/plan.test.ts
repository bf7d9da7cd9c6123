import { execFile } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeEach, describe, expect, it } from "vitest";
import { Arena } from "../../src/engine/arena.ts";
import { LearnerLayout } from "../../src/training/learner.ts";
import { plan } from "../../src/training/plan.ts";
import { prepare } from "../../src/training/prepare.ts";
import { hurryClock } from "../fast-clock.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";
import { corpusIn, tiny, wordsOf } from "./fixture.ts";
import { testsAll } from "../scope.ts";

describe("plan", () => {
  beforeEach(hurryClock);

  it("counts the parameters, the steps and, to the byte, the memory that training allocates", async () => {
    const out = temporaryFolder();
    const corpus = corpusIn(out, wordsOf(1200));
    const planned = await plan([corpus], { ...tiny, out, threads: 2 });
    // 12 symbols, 9 units. Layer 0: 36 x 12 + 36 x 9 + 2 x 36 = 828; layer 1: 2 x 36 x 9 + 2 x 36 = 720; head:
    // 12 x 9 + 12 = 120.
    expect(planned).toMatchObject({
      parameters: 828 + 720 + 120,
      vocabulary: 12,
      symbols: { train: 1080, val: 120, test: 0 },
      unknown: 0,
      skipped: 0,
      stepsPerEpoch: 12,
      steps: 36,
      engine: "wasm",
      threads: 2,
    });
    expect(planned.charactersPerSecond).toBeGreaterThan(0);
    // 3 epochs of 4 x 269 characters.
    expect(planned.seconds).toBeCloseTo((3 * 4 * 269) / planned.charactersPerSecond, 9);
    expect(readdirSync(out)).toEqual(["corpus.txt"]);

    const { model: config, data, options } = await prepare([corpus], { ...tiny, out }, {});
    const { layout, programs } = new LearnerLayout({ config, data, options });
    expect(new Arena(layout, programs, { threads: 2 }).memory.buffer.byteLength).toBe(planned.arenaBytes);
  });

  it("takes smaller batches for a small text, says so, and keeps a number that is given", async () => {
    const out = temporaryFolder();
    const corpus = corpusIn(out, wordsOf(20_000));
    const options = { hidden: 9, layers: 1, out, engine: "wasm", threads: 1 } as const;
    const notes: string[] = [];
    const control = { note: (line: string) => notes.push(line) };
    // 18,000 characters to train on: 5 streams of 3,599, in 72 chunks of 50.
    expect(await plan([corpus], options, control)).toMatchObject({ batchSize: 5, stepsPerEpoch: 72 });
    expect(notes).toEqual(["the data is small: --batch-size is set to 5, so that an epoch has 72 steps"]);
    expect(await plan([corpus], { ...options, batchSize: 50 }, control)).toMatchObject({
      batchSize: 50,
      stepsPerEpoch: 8,
    });
    expect(notes).toHaveLength(1);
  });

  it("throws where training would, before it reads the text: a name that is taken", async () => {
    const out = temporaryFolder();
    mkdirSync(join(out, "run"));
    await expect(plan(["missing.txt"], { ...tiny, out })).rejects.toThrow(/a run named run exists/);
  });

  it("knows that the reference engine has one thread", async () => {
    const folder = temporaryFolder();
    const corpus = corpusIn(folder, wordsOf(1200));
    const planned = await plan([corpus], { ...tiny, out: folder, engine: "reference", threads: 2 });
    expect(planned).toMatchObject({ engine: "reference", threads: 1 });
  });

  // Resident memory is only known for sure where the kernel counts it.
  const medium = { hidden: 200, batchSize: 50, seqLength: 50 };
  const large = { hidden: 512, batchSize: 50, seqLength: 50 };
  // Programs of some 350,000 operations.
  const long = { hidden: 4, batchSize: 1, seqLength: 25_000 };
  it.runIf(testsAll && process.platform === "linux").each([medium, large, long])(
    "knows what the process takes, to within 10 % and 30 MB: %o",
    async (size) => {
      const folder = temporaryFolder();
      const corpus = corpusIn(folder, wordsOf(60_000));
      const options = {
        ...tiny,
        ...size,
        steps: 3,
        out: folder,
        threads: 2,
      };
      const { processBytes, arenaBytes } = await plan([corpus], options);
      const script = `
      import { train } from ${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)};
      for await (const _ of train(${JSON.stringify([corpus])}, ${JSON.stringify(options)}));
      console.log(process.resourceUsage().maxRSS * 1024);
    `;
      const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
      const peak = Number(stdout);
      expect(peak).toBeGreaterThan(arenaBytes);
      expect(Math.abs(peak - processBytes)).toBeLessThan(0.1 * peak + 30e6);
    },
  );
});
