import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { removeTemporaries } from "../../src/checkpoint/atomic.ts";
import { FORBIDDEN_KEYS, type Tree } from "../../src/checkpoint/format.ts";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { writeCheckpoint } from "../../src/checkpoint/write.ts";
import { checkpointOf, temporaryFolder } from "./fixture.ts";
import { testsAll } from "../scope.ts";

const child = (name: string) => join(import.meta.dirname, "children", name);

describe("writeCheckpoint", () => {
  it("writes what JSON.parse reads in any language's way", async () => {
    const path = join(temporaryFolder(), "latest.json");
    const checkpoint = checkpointOf({ step: 4 });
    await writeCheckpoint(path, checkpoint);
    const file = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    expect(Object.keys(file)).toEqual([
      "format",
      "version",
      "model",
      "vocabulary",
      "parameters",
      "training",
      "checksum",
    ]);
    const written = file.parameters as Record<string, { shape: number[]; data: string }>;
    for (const [name, { shape, data }] of checkpoint.parameters) {
      expect(written[name].shape).toEqual(shape);
      expect(Buffer.from(written[name].data, "base64")).toEqual(Buffer.from(data.buffer));
    }
  });

  it("is read back the same, any training state and every bit of its tensors", async () => {
    const path = join(temporaryFolder(), "latest.json");
    // Words of any bits, every kind of NaN among them.
    const words = fc.uint32Array({ maxLength: 20 });
    const tensor = fc
      .tuple(words, fc.constantFrom("float32", "int32", "uint32"))
      .map(([{ buffer, length }, dtype]): Tree => {
        if (dtype === "float32") return { shape: [length], dtype, data: new Float32Array(buffer) };
        if (dtype === "int32") return { shape: [1, length], dtype, data: new Int32Array(buffer) };
        return { shape: [length, 1], dtype: "uint32", data: new Uint32Array(buffer) };
      });
    const { tree } = fc.letrec<{ tree: Tree; leaf: Tree }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        tie("leaf"),
        fc.array(tie("tree"), { maxLength: 4 }),
        fc.dictionary(
          fc.string().filter((key) => !FORBIDDEN_KEYS.has(key)),
          tie("tree"),
          { maxKeys: 4, noNullPrototype: true },
        ),
      ),
      leaf: fc.oneof(
        tensor,
        fc.string({ unit: "binary" }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(tree, fc.integer({ min: 1, max: 5 }), async (state, quads) => {
        await writeCheckpoint(path, checkpointOf({ step: 1, state }), { dataLimit: 4 * quads });
        expect(withBits(readCheckpoint(path, 100).training?.state)).toEqual(withBits(state));
      }),
      { numRuns: 100, examples: [[[0, -0], 1]] },
    );
  });

  it("writes tensors that lie in shared memory, within a larger buffer", async () => {
    const path = join(temporaryFolder(), "latest.json");
    const memory = new Float32Array(new SharedArrayBuffer(400)).map((_, index) => index);
    const checkpoint = checkpointOf({
      step: 1,
      moment: { shape: [5], dtype: "float32", data: memory.subarray(3, 8) },
    });
    await writeCheckpoint(path, checkpoint);
    const data = Float32Array.of(3, 4, 5, 6, 7);
    expect(readCheckpoint(path).training?.moment).toEqual({ shape: [5], dtype: "float32", data });
  });

  it("refuses NaN in a parameter and keeps the last good checkpoint", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "latest.json");
    await writeCheckpoint(path, checkpointOf({ step: 1 }));
    await expect(writeCheckpoint(path, checkpointOf({ step: 2 }, { value: NaN }))).rejects.toThrow(
      `cannot save the checkpoint ${path}: its parameter rnn.weight_ih_l0 has NaN at index 0, but every value must be a finite number; an older checkpoint of this name is kept`,
    );
    expect(readCheckpoint(path).training?.step).toBe(1);
    expect(readdirSync(folder)).toEqual(["latest.json"]);
  });

  it.each(["writeFile", "sync", "close"] as const)(
    "keeps the last checkpoint where %s finds the disk full",
    async (step) => {
      const folder = temporaryFolder();
      const path = join(folder, "latest.json");
      await writeCheckpoint(path, checkpointOf({ step: 1 }));
      const full = () =>
        Promise.reject(Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" }));
      const attempt = writeCheckpoint(path, checkpointOf({ step: 2 }), {
        openFile: async (temporary, flags) => {
          const file = await open(temporary, flags);
          const close = async () => {
            await file.close();
            if (step === "close") await full();
          };
          return {
            writeFile: step === "writeFile" ? full : (data) => file.writeFile(data),
            sync: step === "sync" ? full : () => file.sync(),
            close,
          };
        },
      });
      await expect(attempt).rejects.toThrow(`cannot write ${path}: the disk is full; free some space`);
      expect(readCheckpoint(path).training?.step).toBe(1);
      expect(readdirSync(folder)).toEqual(["latest.json"]);
    },
  );

  it("says in one line that a folder is not there", async () => {
    const path = join(temporaryFolder(), "none", "latest.json");
    await expect(writeCheckpoint(path, checkpointOf())).rejects.toThrow(
      /^cannot write .*: no such file or folder/,
    );
  });

  it("leaves a readable checkpoint however often its process is killed", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "latest.json");
    for (let round = 0; round < (testsAll ? 6 : 2); round++) {
      const writer = spawn(process.execPath, ["--import", "tsx", child("write-loop.ts"), path]);
      const exit = once(writer, "exit");
      await once(writer.stdout, "data");
      await sleep(Math.random() * 60);
      writer.kill("SIGKILL");
      await exit;
      const { parameters, training } = readCheckpoint(path);
      for (const { data } of parameters.values())
        expect(data.every((value) => value === training?.step)).toBe(true);
    }
    removeTemporaries(folder);
    expect(readdirSync(folder)).toEqual(["latest.json"]);
  });
});

const mount = "mount -t tmpfs -o size=3m tmpfs";
const canMount = spawnSync("unshare", ["-rm", "sh", "-c", `${mount} /mnt`]).status === 0;

describe.skipIf(!canMount)("on a disk that is full (needs `unshare -rm` to mount a tmpfs)", () => {
  it("keeps the last checkpoint, removes the temporary file and says what to do", () => {
    const folder = temporaryFolder();
    // 364,202 weights are about 1.95 MB as base64: one fits in 3 MB, two do not.
    const command = `${mount} "$0" && exec "$1" --import tsx "$2" "$0"`;
    const output = execFileSync(
      "unshare",
      ["-rm", "sh", "-c", command, folder, process.execPath, child("full-disk.ts")],
      {
        encoding: "utf8",
      },
    );
    const { message, step, files } = JSON.parse(output) as Record<string, unknown>;
    expect(message).toBe(
      `cannot write ${join(folder, "latest.json")}: the disk is full; free some space or choose a folder on another disk`,
    );
    expect(step).toBe(1);
    expect(files).toEqual(["latest.json"]);
  });
});

/** The tree with the bytes of its tensors in their place, so that NaNs compare by their bits. */
function withBits(node: Tree | undefined): unknown {
  return JSON.stringify(node, (_, value: unknown) => {
    if (ArrayBuffer.isView(value))
      return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex");
    return Object.is(value, -0) ? "negative zero" : value;
  });
}
