import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../src/cli/command-line.ts";
import { fakeTerminal } from "./fake-terminal.ts";

/** Three files with the same words: in NFC with LF, in NFC with CRLF, and in NFD with LF. */
const words = "an été à la mer\n".repeat(60);
const folder = mkdtempSync(join(tmpdir(), "charrnn-"));
const texts = join(folder, "texts");
const out = ["--out", join(folder, "runs")];

async function ran(...argv: string[]) {
  const terminal = fakeTerminal();
  const exitCode = await run([...argv, ...out], terminal);
  return { exitCode, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
}

beforeAll(() => {
  mkdirSync(join(folder, "runs"));
  mkdirSync(texts);
  writeFileSync(join(texts, "a.txt"), words.normalize("NFC"));
  writeFileSync(join(texts, "b.TXT"), words.normalize("NFC").replaceAll("\n", "\r\n"));
  writeFileSync(join(texts, "c.txt"), words.normalize("NFD").trimEnd());
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("a folder of three files with CRLF, LF and NFD text", () => {
  const tiny = ["--layers", "1", "--hidden", "8", "--batch-size", "2", "--steps", "3", "--threads", "1"];

  it("is told as it is", async () => {
    const { exitCode, stderr } = await ran("train", texts, ...tiny, "--name", "plain");
    expect(exitCode).toBe(0);
    expect(stderr).toContain(
      `60 CRLF line ends in ${texts}/b.TXT, kept as they are, beside 119 LF; --newlines lf`,
    );
    // A line has three letters with marks.
    expect(stderr).toContain("the same letters in two Unicode forms: 360 letters in");
    expect(stderr).toContain(`180 letters in ${texts}/c.txt in NFD; --normalize nfc makes them one`);
    // 960, 1,020 and 19 * 60 - 1 characters: 5 % of 3,119 are 155. c.txt has 829 = 73 % to train on.
    expect(stderr).toContain("train on a.txt, b.TXT, 73 % of c.txt");
    expect(stderr).toContain("validate on 14 % of c.txt");
    expect(stderr).not.toContain("no line end at the end of");
  });

  it("is trained, scored and sampled in one form", async () => {
    const forms = ["--newlines", "lf", "--normalize", "nfc"];
    const val = join(texts, "c.txt");
    const [a, b] = [join(texts, "a.txt"), join(texts, "b.TXT")];
    const trained = await ran("train", a, b, "--val", val, "--test", b, ...forms, ...tiny, "--name", "one");
    expect(trained.stderr).toContain(`180 letters in ${val}, read in NFC (--normalize)`);
    // A line has 16 characters in NFC with LF. The last one of c.txt has no line end.
    expect(trained.stderr).toContain(
      "1,920 characters to train on, 959 to validate, 960 to test; 11 symbols",
    );

    const scored = await ran("eval", "one", "--json", "--no-baselines");
    expect(JSON.parse(scored.stdout)).toMatchObject({ text: "val", characters: 958, skipped: 0 });
    const whole = await ran("eval", "one", val, "--json", "--no-baselines");
    const loss = (JSON.parse(scored.stdout) as { loss: number }).loss;
    expect(JSON.parse(whole.stdout)).toMatchObject({ characters: 958, loss });

    // The prime is in NFD, and is written in NFC.
    const prime = "me\u0301";
    const sample = await ran(
      "sample",
      "one",
      "--prime",
      prime,
      "--seed",
      "1",
      "--length",
      "9",
      "--json",
      "--novelty",
    );
    expect(sample.stderr).toBe("");
    const { text, novelty } = JSON.parse(sample.stdout) as {
      text: string;
      novelty: { longest: { length: number; text: string; file: string; offset: number } };
    };
    expect(text.startsWith("mé")).toBe(true);
    const { longest } = novelty;
    const folded = words.repeat(2).normalize("NFC");
    expect([a, b]).toContain(longest.file);
    expect(folded.slice(longest.offset, longest.offset + longest.length)).toBe(longest.text);

    const vocab = await ran("vocab", "one", "--json");
    expect(JSON.parse(vocab.stdout)).toMatchObject({ unit: "char", newlines: "lf", normalize: "nfc" });
    // Three files of 60 lines; c.txt lacks its last line end.
    const { symbols } = JSON.parse(vocab.stdout) as { symbols: { symbol: string; count: number }[] };
    expect(symbols[0]).toEqual({ index: 0, symbol: "\n", count: 239 });
    expect((await ran("vocab", "one")).stdout.split("\n").slice(0, 2)).toEqual([
      "index  symbol            count",
      "    0  U+000A (newline)    239",
    ]);

    writeFileSync(val, "changed");
    expect((await ran("sample", "one", "--novelty", "--length", "5")).stderr).toBe(
      `charrnn: --novelty needs the training text, but ${val} is not the text that the model was trained on\n`,
    );
    const gone = await ran("vocab", "one", "--json");
    expect(gone.exitCode).toBe(0);
    expect(gone.stderr).toBe(`no counts: ${val} is not the text that the model was trained on\n`);
    expect(gone.stdout).not.toContain("count");
  });

  it("tells a prime in another form, and refuses --val with --val-frac", async () => {
    const nfc = join(folder, "nfc.txt");
    writeFileSync(nfc, words);
    await ran("train", nfc, ...tiny, "--name", "nfc");
    const { exitCode, stderr } = await ran("sample", "nfc", "--prime", "me\u0301");
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      "charrnn: U+0301 (combining acute accent) at offset 2 of the prime is not in the model's vocabulary; the text is " +
        "in the Unicode form NFD, and the model knows NFC: convert the prime to NFC, or remove it, or skip it with --unknown skip\n",
    );
    expect(await ran("train", nfc, "--val", nfc, "--val-frac", "0.1")).toMatchObject({
      exitCode: 2,
      stderr: "charrnn: --val and --val-frac are given both: leave out one of them\n",
    });
    expect((await ran("train", "--val", nfc, nfc)).stderr).toContain("name it before --val and --test");
  });

  it("says on resuming that the text is another one before it says what else is wrong with it", async () => {
    const other = join(folder, "other.txt");
    for (const text of ["", "###", "é"]) {
      writeFileSync(other, text);
      const { exitCode, stderr } = await ran("train", other, "--resume", "nfc", "--steps", "9");
      expect(exitCode).toBe(1);
      expect(stderr).toBe(
        `charrnn: ${other} is not the text that nfc was trained on (its digest differs): name the original text\n`,
      );
    }
  });
});
