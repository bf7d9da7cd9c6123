/**
 * Characters a second of training (forward, backward, clip, Adam) on every engine that runs here, in turns with
 * PyTorch where `python3`, or what $PYTHON names, has it. The figures of one run can be compared; those of two
 * machines, or of a busy one, cannot.
 *
 * usage: npm run bench -- [--cells lstm,gru] [--sizes 1x128,2x512] [--seconds 2] [--rounds 3] [--json]
 */
import { execFileSync } from "node:child_process";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { engineReport } from "../../src/engine/open.ts";
import type { EngineName } from "../../src/engine/engine.ts";
import { cellNames, cells, type CellName } from "../../src/model/cells/index.ts";
import { completeOptions } from "../../src/training/options.ts";
import { measureSpeed } from "../../src/training/speed.ts";

const VOCABULARY = 65;

const { values: flags } = parseArgs({
  options: {
    cells: { type: "string", default: "lstm" },
    sizes: { type: "string", default: "1x128,2x128,2x256,1x512" },
    seconds: { type: "string", default: "2" },
    rounds: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
  },
});

interface Size {
  readonly cell: CellName;
  readonly layers: number;
  readonly hidden: number;
  readonly batch: number;
  readonly steps: number;
}

/** What is measured: an engine of ours or PyTorch, on so many threads. */
interface Contender {
  readonly name: string;
  readonly threads: number;
  readonly measure: (size: Size, seconds: number) => Promise<number>;
}

function ours(engine: EngineName, threads: number): Contender {
  const measure = ({ cell, layers, hidden, batch: batchSize, steps: seqLength }: Size, seconds: number) => {
    const config = { cell, layers, hidden, embedding: 0, dropout: 0 };
    const options = completeOptions({ batchSize, seqLength });
    const plan = { config, vocabularySize: VOCABULARY, options, chunkSteps: [seqLength], segments: [] };
    return measureSpeed(plan, { engine, threads }, seconds);
  };
  return { name: engine, threads, measure };
}

const script = new URL("peer.py", import.meta.url).pathname;

function torch(python: string, version: string, threads: number): Contender {
  const measure = ({ cell, layers, hidden, batch, steps }: Size, seconds: number) => {
    const parts = [script, cell, layers, hidden, batch, steps, VOCABULARY, threads, seconds];
    return Promise.resolve(Number(execFileSync(python, parts.map(String), { encoding: "utf8" })));
  };
  return { name: `torch ${version}`, threads, measure };
}

function findTorch(): { python: string; version: string } | undefined {
  for (const python of [process.env.PYTHON, "/usr/bin/python3", "python3"]) {
    if (python === undefined) continue;
    try {
      const code = "import torch; print(torch.__version__)";
      const version = execFileSync(python, ["-c", code], { encoding: "utf8", stdio: "pipe" }).trim();
      return { python, version };
    } catch {
      // The next one may have it.
    }
  }
  return undefined;
}

/** Multiplications and additions of one character's forward pass, backward pass and weight gradients. */
function flopsPerCharacter({ cell, layers, hidden }: Size): number {
  const rows = cells[cell].gateCount * hidden;
  const recurrent = layers * rows * hidden + (layers - 1) * rows * hidden;
  return 6 * (recurrent + hidden * VOCABULARY);
}

function sizesOf(cellList: string, sizeList: string): Size[] {
  const chosen = cellNames.filter((name) => cellList.split(",").includes(name));
  return chosen.flatMap((cell) =>
    sizeList.split(",").map((size) => {
      const [layers, hidden] = size.split("x").map(Number);
      // A network this large is trained on larger chunks.
      const large = layers >= 3;
      return { cell, layers, hidden, batch: large ? 100 : 50, steps: large ? 100 : 50 };
    }),
  );
}

const threads = [...new Set([1, availableParallelism()])];
const engines = (await engineReport()).filter(({ name, available }) => available && name !== "reference");
const found = findTorch();
const contenders = [
  ...engines.flatMap(({ name }) => threads.map((count) => ours(name, count))),
  ...(found ? threads.map((count) => torch(found.python, found.version, count)) : []),
];

const rows: Record<string, string | number>[] = [];
for (const size of sizesOf(flags.cells, flags.sizes)) {
  const best = new Map<Contender, number>();
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const contender of contenders) {
      const speed = await contender.measure(size, Number(flags.seconds));
      best.set(contender, Math.max(best.get(contender) ?? 0, speed));
    }
  }
  const ofTorch = [...best].filter(([{ name }]) => name.startsWith("torch")).map(([, speed]) => speed);
  const peer = Math.max(...ofTorch);
  for (const [contender, speed] of best) {
    rows.push({
      model: `${size.cell} ${size.layers}x${size.hidden}`,
      by: contender.name,
      threads: contender.threads,
      "characters/s": Math.round(speed),
      "GFLOP/s": Number(((speed * flopsPerCharacter(size)) / 1e9).toFixed(1)),
      ...(ofTorch.length > 0 && { "times torch": Number((speed / peer).toFixed(2)) }),
    });
  }
}

if (flags.json) console.log(JSON.stringify({ cpu: cpus()[0]?.model, threads: availableParallelism(), rows }));
else console.table(rows);
