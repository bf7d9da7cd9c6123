import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeSamples, type Sample, type SampleFlags } from "../../../src/cli/commands/sample.ts";
import { anyCheckpoint } from "../checkpoint.ts";
import { fakeTerminal, type FakeTerminal } from "../fake-terminal.ts";

/** Draws the given samples one character a piece, with the options it was called with kept in `asked`. */
function fakeSample(...texts: string[]) {
  const asked: NonNullable<Parameters<Sample>[1]>[] = [];
  const draw: Sample = async function* (_checkpoint, options) {
    asked.push(options);
    for (const [index, text] of texts.entries()) {
      for (const character of text) {
        await Promise.resolve();
        yield { index, text: character };
      }
      yield { index, text: "", stopped: text.endsWith(".") };
    }
  };
  return { draw, asked };
}

const defaults: SampleFlags = {
  temp: 1,
  length: 2000,
  num: 1,
  unknown: "error",
  out: "checkpoints",
  encoding: "utf-8",
  engine: "auto",
};

async function written(
  texts: string[],
  flags: Partial<SampleFlags>,
  terminal: FakeTerminal = fakeTerminal(),
) {
  const { draw, asked } = fakeSample(...texts);
  await writeSamples(draw, { checkpoint: anyCheckpoint }, { ...defaults, ...flags }, terminal);
  return { stdout: terminal.stdout.text, stderr: terminal.stderr.text, options: asked[0] };
}

describe("sample", () => {
  it("writes the text as it is, ending the line on a terminal alone", async () => {
    expect((await written(["abc"], { seed: 1 })).stdout).toBe("abc");
    expect((await written(["abc"], { seed: 1 }, fakeTerminal({ columns: 80 }))).stdout).toBe("abc\n");
    expect((await written(["abc\n"], { seed: 1 }, fakeTerminal({ columns: 80 }))).stdout).toBe("abc\n");
  });

  it("cannot steer a terminal, but writes to a file what was drawn", async () => {
    const steering = "a\x1b[2Jb\r\n";
    expect((await written([steering], { seed: 1 }, fakeTerminal({ columns: 80 }))).stdout).toBe("a�[2Jb\r\n");
    expect((await written([steering], { seed: 1 })).stdout).toBe(steering);
  });

  it("writes the first character at once, and those of a few milliseconds together", async () => {
    const terminal = fakeTerminal();
    const writes: string[] = [];
    const draw: Sample = async function* () {
      for (const character of "abcdefgh") {
        await Promise.resolve();
        terminal.time += 3;
        yield { index: 0, text: character };
        writes.push(terminal.stdout.text);
      }
    };
    await writeSamples(draw, { checkpoint: anyCheckpoint }, { ...defaults, seed: 1 }, terminal);
    // "a" comes at 3 ms and "d" at 12, the first that is 8 ms after it; "g" follows at 21, "h" at the end.
    expect(writes).toEqual(["a", "a", "a", "abcd", "abcd", "abcd", "abcdefg", "abcdefg"]);
    expect(terminal.stdout.text).toBe("abcdefgh");
  });

  it("separates samples by a line of ten hyphens", async () => {
    const { stdout } = await written(["ab", "cd\n", "e"], { seed: 1, num: 3 });
    expect(stdout).toBe("ab\n----------\ncd\n----------\ne");
  });

  it("separates samples by another line, or by none", async () => {
    const texts = ["ab", "cd\n", "e"];
    expect((await written(texts, { seed: 1, num: 3, numSeparator: "==" })).stdout).toBe("ab\n==\ncd\n==\ne");
    expect((await written(texts, { seed: 1, num: 3, numSeparator: "" })).stdout).toBe("ab\ncd\ne");
    const escaped = { seed: 1, num: 3, numSeparator: "\\n\\x41", escapes: true } as const;
    expect((await written(texts, escaped)).stdout).toBe("ab\n\nA\ncd\n\nA\ne");
  });

  it("lets no bare CR reach a terminal", async () => {
    const terminal = fakeTerminal({ columns: 80 });
    expect((await written(["a\rb\r\nc\r", "d"], { seed: 1, num: 2 }, terminal)).stdout).toBe(
      "a�b\r\nc�\n----------\nd\n",
    );
  });

  it("writes to a file in place of standard output, as it is drawn", async () => {
    const terminal = fakeTerminal({ columns: 80 });
    const file = {
      text: "",
      write: (data: string | Uint8Array) => void (file.text += Buffer.from(data).toString()),
    };
    const { draw } = fakeSample("a\rb", "c");
    await writeSamples(draw, { checkpoint: anyCheckpoint }, { ...defaults, num: 2 }, terminal, file);
    expect(terminal.stdout.text).toBe("");
    expect(file.text).toBe("a\rb\n----------\nc");
  });

  it("reads a prime from each line of --primes, and tells it with --json", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "charrnn-")), "primes.txt");
    writeFileSync(file, "a\r\n\naa\\x61");
    const { stdout, options } = await written(["ax", "y", "aaaz"], {
      json: true,
      seed: 1,
      primes: file,
      escapes: true,
    });
    expect(options.primes).toEqual([
      { prime: "a", primeSource: `line 1 of ${file}` },
      { prime: "", primeSource: `line 2 of ${file}` },
      { prime: "aaa", primeSource: `line 3 of ${file}` },
    ]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { prime: string }).prime)).toEqual(["a", "", "aaa"]);
    writeFileSync(file, "");
    await expect(written([], { primes: file })).rejects.toThrow("has no line: write a prime in each line");
  });

  it("reads the escapes of the prime and the stop text with --escapes alone", async () => {
    const checkpoint = {
      ...anyCheckpoint,
      vocabulary: { unit: "char", symbols: ["\n", "\r", "\\", "a", "n"] },
    } as const;
    const asked = async (flags: Partial<SampleFlags>, beginnings?: number[][]) => {
      const { draw, asked } = fakeSample("a");
      await writeSamples(
        draw,
        { checkpoint: { ...checkpoint, beginnings } },
        { ...defaults, ...flags },
        fakeTerminal(),
      );
      return [asked[0].prime, asked[0].stop];
    };
    const given = { seed: 1, prime: "a\\n", stop: "\\n" };
    expect(await asked(given)).toEqual(["a\\n", "\\n"]);
    // The beginnings end where a line of the training text ends: with CR LF, or with LF alone.
    expect(await asked({ ...given, escapes: true }, [[3, 1, 0]])).toEqual(["a\r\n", "\r\n"]);
    expect(
      await asked({ ...given, escapes: true }, [
        [3, 1, 0],
        [3, 3, 0],
      ]),
    ).toEqual(["a\n", "\n"]);
  });

  it("says no seed with --temp 0, which draws nothing by chance", async () => {
    const { stderr, options } = await written(["a"], { temp: 0 });
    expect(stderr).toBe("");
    expect(options.seed).toBe(1);
  });

  it("says the seed it made up on standard error, and not one that was given", async () => {
    const { stderr, options } = await written(["a"], {});
    expect(stderr).toBe(`seed ${options.seed ?? "none"}\n`);
    expect((await written(["a"], { seed: 5 })).stderr).toBe("");
    expect((await written([], {})).stderr).toBe("");
  });

  it("says which checkpoint it took where none was named, before the seed, and with --json too", async () => {
    const both = fakeTerminal();
    const { draw, asked } = fakeSample("a");
    await writeSamples(draw, { checkpoint: anyCheckpoint, unnamedPath: "a/best.json" }, defaults, both);
    expect(both.stderr.text).toBe(`model a/best.json\nseed ${asked[0].seed ?? "none"}\n`);
    for (const json of [undefined, true] as const) {
      const terminal = fakeTerminal();
      const model = { checkpoint: anyCheckpoint, unnamedPath: "checkpoints/a/best.json" };
      await writeSamples(
        fakeSample("a").draw,
        model,
        { ...defaults, seed: 5, ...(json && { json }) },
        terminal,
      );
      expect(terminal.stderr.text).toBe("model checkpoints/a/best.json\n");
    }
  });

  it("tells the prime with --json as the text begins: without a byte order mark or what is skipped", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "charrnn-")), "prime.txt");
    writeFileSync(file, "\ufeffaba");
    const { stdout } = await written(["aa"], { json: true, seed: 1, primeFile: file, unknown: "skip" });
    expect(JSON.parse(stdout)).toMatchObject({ prime: "aa" });
  });

  it("says which characters of the prime were skipped", async () => {
    const { stderr } = await written(["aa"], { seed: 1, prime: "abcab", unknown: "skip" });
    expect(stderr).toBe('skipped in the prime: "b" (U+0062) 2 times, "c" (U+0063) once\n');
  });

  it("says which characters of the prime are unknown to the model", async () => {
    const terminal = fakeTerminal();
    const checkpoint = { ...anyCheckpoint, vocabulary: { unit: "char", symbols: ["a", null] } } as const;
    await writeSamples(
      fakeSample("a").draw,
      { checkpoint },
      { ...defaults, seed: 1, prime: "ab", json: true },
      terminal,
    );
    expect(terminal.stderr.text).toBe('read as the unknown symbol in the prime: "b" (U+0062) once\n');
  });

  it("gives one object a sample with --json, and nothing else", async () => {
    const { stdout, stderr } = await written(["ab", "c."], { json: true, num: 2, seed: 7, prime: "a" });
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line): unknown => JSON.parse(line)),
    ).toEqual([
      { index: 0, seed: 7, prime: "a", text: "ab", stopped: false },
      { index: 1, seed: 7, prime: "a", text: "c.", stopped: true },
    ]);
    expect(stderr).toBe("");
  });

  describe("of a byte model", () => {
    // C3 A9 is "é", 9B begins a terminal's control sequence in 8 bits, and FF is in no UTF-8.
    const drawn = Uint8Array.of(0x61, 0xc3, 0xa9, 0x9b, 0xff, 0x1b, 0x0a);
    const draw: Sample = async function* () {
      const utf8 = new TextDecoder();
      for (const byte of drawn) {
        await Promise.resolve();
        const bytes = Uint8Array.of(byte);
        yield { index: 0, text: utf8.decode(bytes, { stream: true }), bytes };
      }
      yield { index: 0, text: "", bytes: new Uint8Array(0), stopped: false };
    };
    const write = async (flags: Partial<SampleFlags>, terminal = fakeTerminal()) => {
      await writeSamples(draw, { checkpoint: anyCheckpoint }, { ...defaults, seed: 1, ...flags }, terminal);
      return terminal.stdout;
    };

    it("writes its bytes as they are to a file or a pipe", async () => {
      expect([...(await write({})).bytes]).toEqual([...drawn]);
    });

    it("shows UTF-8 on a terminal, which it cannot steer", async () => {
      const { bytes } = await write({}, fakeTerminal({ columns: 80 }));
      expect(bytes.toString()).toBe("aé\ufffd\ufffd\ufffd\n");
    });

    it("gives its bytes in base64 with --json", async () => {
      const { text } = await write({ json: true });
      expect(JSON.parse(text)).toEqual({
        index: 0,
        seed: 1,
        prime: "",
        text: "aé\ufffd\ufffd\x1b\n",
        bytes: Buffer.from(drawn).toString("base64"),
        stopped: false,
      });
    });
  });

  it("passes on every option by the name the library knows", async () => {
    const given = {
      length: 9,
      num: 1,
      topK: 3,
      topP: 0.5,
      minP: 0.1,
      repetitionPenalty: 1.2,
      stop: ".",
      seed: 5,
      encoding: "windows-1252",
    };
    const { options } = await written(["a"], {
      ...given,
      temp: 0.7,
      prime: "x",
      unknown: "skip",
      threads: 2,
    });
    expect(options).toEqual({
      ...given,
      temperature: 0.7,
      prime: "x",
      unknown: "skip",
      primeSource: "the prime",
      threads: 2,
      engine: "auto",
    });
  });

  it("reads the prime from a file or from standard input, byte for byte", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "charrnn-")), "prime.txt");
    writeFileSync(file, "über\n");
    expect((await written(["a"], { seed: 1, primeFile: file })).options.prime).toEqual(Buffer.from("über\n"));
    const fromInput = await written(["a"], { seed: 1, primeFile: "-" }, fakeTerminal({ stdin: "prime" }));
    expect(fromInput.options.prime).toEqual(Buffer.from("prime"));
    expect(fromInput.options.primeSource).toBe("standard input");
  });

  it("names a prime file that cannot be read", async () => {
    await expect(written(["a"], { primeFile: "no/such" })).rejects.toThrow(/^cannot read no\/such: /);
  });
});
