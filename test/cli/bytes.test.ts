import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { beforeAll, describe, expect, it } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { sample } from "../../src/index.ts";
import { charrnn, exitOf, start } from "./process.ts";
import { testsAll } from "../scope.ts";

const folder = mkdtempSync(join(tmpdir(), "charrnn-"));
const inFolder = (name: string) => join(folder, name);

/** Runs `charrnn` to its end, whose standard output is bytes. */
async function bytesOf(...argv: string[]) {
  const child = start(argv, folder);
  child.stdin.end();
  const [exitCode, bytes, stderr] = await Promise.all([
    exitOf(child),
    buffer(child.stdout),
    text(child.stderr),
  ]);
  return { exitCode, bytes, stderr };
}

const small = ["--hidden", "8", "--layers", "1", "--batch-size", "4", "--seq-length", "16", "--quiet"];

describe("a model of bytes that are no text", () => {
  /** EF BB BF is a byte order mark, C3 28 is no UTF-8, and 1B begins an escape. */
  const prime = Uint8Array.of(0xef, 0xbb, 0xbf, 0xc3, 0x28, 0x00, 0xff, 0x1b);
  const drawn = ["sample", "pcm", "--seed", "1", "--length", "2000", "--prime-file", "prime.bin"];

  beforeAll(async () => {
    // Every byte from 0 to 255, 32 times.
    writeFileSync(
      inFolder("sound.pcm"),
      Uint8Array.from({ length: 8192 }, (_, i) => i % 256),
    );
    writeFileSync(inFolder("prime.bin"), prime);
    const argv = ["train", "sound.pcm", "--unit", "byte", ...small, "--steps", "20", "--name", "pcm"];
    expect((await charrnn(argv, folder)).exitCode).toBe(0);
  });

  it("writes the bytes of the prime and those drawn to a pipe, exactly", async () => {
    const { exitCode, bytes, stderr } = await bytesOf(...drawn);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(bytes).toHaveLength(prime.length + 2000);
    expect(Uint8Array.from(bytes.subarray(0, prime.length))).toEqual(prime);
    expect(bytes.includes(Buffer.from("\ufffd"))).toBe(false);
    // Half of the bytes that such a model draws are in no ASCII.
    expect(bytes.filter((byte) => byte >= 0x80).length).toBeGreaterThan(500);
  });

  it.runIf(testsAll)("gives the same bytes with --json, and to a program", async () => {
    const { bytes } = await bytesOf(...drawn);
    const { stdout } = await charrnn([...drawn, "--json"], folder);
    const object = JSON.parse(stdout) as { prime: string; text: string; bytes: string };
    expect(Object.keys(object)).toEqual(["index", "seed", "prime", "text", "bytes", "stopped"]);
    expect(object.bytes).toBe(bytes.toString("base64"));
    // The byte order mark stays, unlike in a file of characters.
    expect(object.text).toBe(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
    expect(object.prime).toBe("\ufeff\ufffd(\0\ufffd\x1b");

    const pieces: Uint8Array[] = [];
    const checkpoint = readCheckpoint(inFolder("checkpoints/pcm/best.json"));
    for await (const piece of sample(checkpoint, { prime, seed: 1, length: 2000 })) {
      pieces.push(piece.bytes ?? new Uint8Array(0));
    }
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });

  it.runIf(testsAll)("takes no encoding", async () => {
    for (const argv of [
      ["sample", "pcm", "--prime-file", "prime.bin", "--encoding", "latin1"],
      ["eval", "pcm", "sound.pcm", "--encoding", "latin1"],
      ["train", "sound.pcm", "--unit", "byte", "--encoding", "latin1"],
    ]) {
      expect(await charrnn(argv, folder)).toEqual({
        exitCode: 2,
        stdout: "",
        stderr:
          "charrnn: --encoding windows-1252 is for characters, and the unit here is the byte: leave out --encoding\n",
      });
    }
  });
});

describe("a text in another encoding", () => {
  const words = "le caf\u00e9 \u00e9tait ferm\u00e9\n".repeat(100);

  beforeAll(async () => {
    writeFileSync(inFolder("utf8.txt"), words);
    writeFileSync(inFolder("utf16.txt"), Buffer.from(`\ufeff${words}`, "utf16le"));
    const argv = ["train", "utf16.txt", "--encoding", "utf-16", ...small, "--steps", "20", "--name", "utf16"];
    expect((await charrnn(argv, folder)).exitCode).toBe(0);
  });

  it.runIf(testsAll)("is recorded with its encoding, and scored in it again", async () => {
    const options: unknown = JSON.parse(readFileSync(inFolder("checkpoints/utf16/options.json"), "utf8"));
    expect(options).toMatchObject({ encoding: "utf-16le" });
    const scored = async (...argv: string[]) => {
      const { exitCode, stdout } = await charrnn(["eval", "utf16", "--json", ...argv], folder);
      expect(exitCode).toBe(0);
      return JSON.parse(stdout) as { loss: number; characters: number; bytes: number };
    };
    // 100 lines of 20 characters: the last 5 % are 100, and the first of them is not scored.
    expect((await scored("--split", "val")).characters).toBe(99);
    const whole = await scored("utf16.txt", "--encoding", "utf-16le");
    const translated = await scored("utf8.txt");
    expect(whole.loss).toBe(translated.loss);
    // 2,000 characters less the first, of which 300 take two bytes of UTF-8.
    expect([whole.characters, whole.bytes]).toEqual([1999, 2299]);
    expect(translated.bytes).toBe(2299);
  });

  it.runIf(testsAll)("may begin a sample", async () => {
    writeFileSync(inFolder("prime.txt"), Buffer.from("\ufefffer", "utf16le"));
    const argv = ["sample", "utf16", "--seed", "1", "--length", "5", "--encoding", "utf-16le"];
    const { exitCode, stdout } = await charrnn([...argv, "--prime-file", "prime.txt"], folder);
    expect([exitCode, stdout.slice(0, 3), Array.from(stdout).length]).toEqual([0, "fer", 8]);
  });

  it.runIf(testsAll)("is named by the error, and an unknown name by another", async () => {
    const unnamed = await charrnn(["train", "utf16.txt"], folder);
    expect(unnamed.stderr).toMatch(
      /^charrnn: utf16\.txt is not UTF-8 at byte offset 0 \(0xff\); it is probably utf-16le: give --encoding utf-16le, .*\n$/,
    );
    const unknown = await charrnn(["train", "utf8.txt", "--encoding", "latin-one"], folder);
    expect([unknown.exitCode, unknown.stderr]).toEqual([
      2,
      expect.stringMatching(
        /--encoding takes a name that TextDecoder knows, such as utf-8, .*not "latin-one"\n$/,
      ),
    ]);
    expect(unknown.stderr.trimEnd()).not.toContain("\n");
  });
});
