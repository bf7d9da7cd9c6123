import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { devNull } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { writeCheckpoint } from "../../src/checkpoint/write.ts";
import { CharrnnError } from "../../src/errors.ts";
import { checkpointOf, messageFrom, sealed, temporaryFolder } from "./fixture.ts";
import { testsAll } from "../scope.ts";

async function writtenCheckpoint() {
  const path = join(temporaryFolder(), "latest.json");
  await writeCheckpoint(path, checkpointOf({ step: 12 }));
  const text = readFileSync(path, "utf8");
  return { path, text, body: text.slice(0, text.lastIndexOf(',"checksum"')) };
}

describe("readCheckpoint", () => {
  it("reads a checkpoint however small the chunks are", async () => {
    const { path } = await writtenCheckpoint();
    for (const chunk of [1, 2, 3, 5, 64, 1000])
      expect(readCheckpoint(path, chunk)).toEqual(checkpointOf({ step: 12 }));
  });

  it("reads what another program wrote: spaces and line ends between the tokens", async () => {
    const { path, body } = await writtenCheckpoint();
    const indented = JSON.stringify(JSON.parse(`${body}}`), null, 2).replace(/\s*\}$/, "\n");
    writeFileSync(path, `${sealed(indented)}\n`);
    expect(readCheckpoint(path)).toEqual(checkpointOf({ step: 12 }));
  });

  it("refuses a file with any one bit flipped", async () => {
    const { path } = await writtenCheckpoint();
    const bytes = readFileSync(path);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (index, bit) => {
        const flipped = Buffer.from(bytes);
        flipped[index] ^= 1 << bit;
        writeFileSync(path, flipped);
        expect(messageFrom(() => readCheckpoint(path))).toMatch(/checksum|not a JSON object/);
      }),
      { numRuns: 300 },
    );
  });

  it("refuses a file cut short anywhere", async () => {
    const { path, text } = await writtenCheckpoint();
    fc.assert(
      fc.property(fc.nat(text.length - 1), (length) => {
        writeFileSync(path, text.slice(0, length));
        expect(messageFrom(() => readCheckpoint(path))).toMatch(/no checksum at its end|it is empty/);
      }),
      { numRuns: 200 },
    );
  });

  it("gives a checkpoint or one clear line, whatever a file with a right checksum says", async () => {
    const { path, body } = await writtenCheckpoint();
    const fragments = fc.oneof(
      fc.string({ unit: "binary", maxLength: 20 }),
      fc.constantFrom(
        "{",
        "}",
        "[",
        "]",
        '"',
        ",",
        ":",
        "null",
        "-1",
        "1e400",
        '"shape":',
        '"data":"',
        "\\u0000",
        "\n",
      ),
    );
    fc.assert(
      fc.property(fc.nat(body.length), fc.nat(30), fragments, (start, removed, inserted) => {
        writeFileSync(path, sealed(body.slice(0, start) + inserted + body.slice(start + removed)));
        try {
          expect(readCheckpoint(path).parameters.size).toBe(10);
        } catch (error) {
          expect(error).toBeInstanceOf(CharrnnError);
          expect((error as CharrnnError).message).toMatch(/^[^\n\r]+; [^\n\r]+$/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each<[string, (body: string) => string, string]>([
    [
      "another format",
      (body) => body.replace("charrnn", "safetensors"),
      "not say that its format is charrnn",
    ],
    [
      "a later version",
      (body) => body.replace('"version":1', '"version":2'),
      "states version 2 of the format, but this version of charrnn reads version 1; update charrnn",
    ],
    ["no version", (body) => body.replace('"version":1,', ""), "states no version"],
    [
      "no parameters",
      (body) => body.replace(/"parameters":.*"training"/s, '"training"'),
      "it has no parameters",
    ],
    [
      "a vocabulary out of order",
      (body) => body.replace('["a","b","c"]', '["b","a","c"]'),
      "symbol 1 is repeated or out of order",
    ],
    ["a wrong shape", (body) => body.replace('"hidden":3', '"hidden":4'), "but the model needs [12, 3]"],
    [
      "a duplicate key",
      (body) => body.replace('"layers":2', '"layers":2,"layers":2'),
      'the key "layers" appears twice',
    ],
    [
      "a key __proto__",
      (body) => body.replace('"layers":2', '"layers":2,"__proto__":{}'),
      "the key __proto__ is not allowed",
    ],
    // The float32 NaN 0x7fc00000 is 00 00 c0 7f: AADAfw==. 0.5 is 00 00 00 3f, and 3 of them, 12 bytes, 16 characters.
    [
      "NaN in a parameter",
      (body) => body.replace(/("head\.bias":\{[^}]*"data":").{16}/, "$1AAAAPwAAAD8AAMB/"),
      "its parameter head.bias has NaN at index 2",
    ],
  ])(
    "refuses %s under a right checksum, and under a wrong one calls it damage",
    async (_, change, message) => {
      const { path, text, body } = await writtenCheckpoint();
      expect(change(body)).not.toBe(body);
      writeFileSync(path, sealed(change(body)));
      const thrown = messageFrom(() => readCheckpoint(path));
      expect(thrown).toContain(message);
      expect(thrown).toContain(path);
      writeFileSync(path, change(body) + text.slice(body.length));
      expect(messageFrom(() => readCheckpoint(path))).toContain("its checksum does not match");
    },
  );

  it("names the run's other checkpoint where there is one, and what it serves, which is not resuming", async () => {
    const { path, text } = await writtenCheckpoint();
    writeFileSync(path, text.replace('"step":12', '"step":13'));
    expect(messageFrom(() => readCheckpoint(path))).toBe(
      `cannot use ${path}: it is damaged (its checksum does not match); name another checkpoint`,
    );
    const best = join(path, "..", "best.json");
    writeFileSync(best, text);
    expect(messageFrom(() => readCheckpoint(path))).toBe(
      `cannot use ${path}: it is damaged (its checksum does not match); ` +
        `for sample, eval and --init-from use the run's other checkpoint, ${best}`,
    );
  });

  it("names the last checkpoint that was kept for a latest one that is damaged", async () => {
    const { path, text } = await writtenCheckpoint();
    const [latest, kept, earlier] = ["latest.json", "step-12.json", "step-2.json"].map((name) =>
      join(path, "..", name),
    );
    for (const file of [latest, kept, earlier]) writeFileSync(file, text.replace('"step":12', '"step":13'));
    expect(messageFrom(() => readCheckpoint(latest))).toMatch(
      new RegExp(
        `its checksum does not match\\); to continue from a checkpoint that was kept: --resume=${kept}$`,
      ),
    );
    expect(messageFrom(() => readCheckpoint(kept))).not.toContain("--resume");
  });

  it("says what a path is that is no checkpoint", () => {
    const folder = temporaryFolder();
    expect(messageFrom(() => readCheckpoint(join(folder, "none.json")))).toMatch(
      /^cannot read the checkpoint .*no such file/,
    );
    mkdirSync(join(folder, "run"));
    expect(messageFrom(() => readCheckpoint(join(folder, "run")))).toContain("is a folder");
    expect(messageFrom(() => readCheckpoint(devNull))).toBe(
      `${devNull} is not a regular file; name a checkpoint`,
    );
    writeFileSync(join(folder, "text.json"), "Once upon a time");
    expect(messageFrom(() => readCheckpoint(join(folder, "text.json")))).toContain(
      "it is no checkpoint (not a JSON object)",
    );
    writeFileSync(join(folder, "empty.json"), "");
    expect(messageFrom(() => readCheckpoint(join(folder, "empty.json")))).toContain("it is empty");
  });

  it.runIf(testsAll)("reads and writes above 600 MB with little memory beside the tensors", () => {
    const child = join(import.meta.dirname, "children", "large.ts");
    const output = execFileSync(process.execPath, ["--import", "tsx", child, temporaryFolder()], {
      encoding: "utf8",
    });
    const { fileBytes, tensorBytes, peakBytes, strings, equal } = JSON.parse(output) as Record<
      string,
      number
    >;
    expect(fileBytes).toBeGreaterThan(600e6);
    expect(strings).toBe(2);
    expect(equal).toBe(true);
    expect(peakBytes).toBeLessThan(tensorBytes + 250e6);
  });
});
