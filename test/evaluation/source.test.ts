import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { type Checkpoint } from "../../src/checkpoint/format.ts";
import { findText, type EvaluationSource, type SourceOptions } from "../../src/evaluation/source.ts";
import { UsageError } from "../../src/errors.ts";
import { Vocabulary } from "../../src/text/vocabulary.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";
import { charactersOf, randomModel } from "../model/fixture.ts";
import { corpusIn, wordsOf } from "../training/fixture.ts";

const content = wordsOf(100);

/** A model of `content`, which it says it was trained on as `files`; half of it was kept for validation. */
function modelOf(...files: string[]): Checkpoint {
  const sha256 = createHash("sha256").update(content).digest("hex");
  const training = {
    step: 1,
    options: { valFrac: 0.5 },
    corpus: { files, sha256, symbols: content.length },
  };
  return { ...randomModel(charactersOf(content)), training };
}

/** What is found, with the texts as strings. */
async function found(
  model: Checkpoint,
  source: EvaluationSource,
  options: SourceOptions & { baselines?: boolean } = {},
) {
  const vocabulary = Vocabulary.fromJson(model.vocabulary);
  const { name, text, training, skipped } = await findText(model, vocabulary, source, {
    baselines: true,
    ...options,
  });
  const read = (symbols: typeof text) => {
    const indices = new Int32Array(symbols.length);
    symbols.copyTo(indices, 0, 0, symbols.length);
    return vocabulary.decode(indices);
  };
  return {
    name,
    text: read(text),
    skipped,
    training: typeof training === "string" ? training : read(training),
  };
}

describe("a split", () => {
  it("is of the model's own text, in the folder given", async () => {
    const folder = temporaryFolder();
    corpusIn(folder, content, "words.txt");
    expect(await found(modelOf("words.txt"), { split: "val" }, { corpusFolder: folder })).toEqual({
      name: "val",
      text: content.slice(50),
      skipped: 0,
      training: content.slice(0, 50),
    });
  });

  it("is of a text that is elsewhere now where it is named, if it is still the same", async () => {
    const moved = corpusIn(temporaryFolder(), content, "moved.txt");
    for (const model of [modelOf("words.txt"), modelOf("-")]) {
      expect(await found(model, { split: "val", text: moved })).toEqual({
        name: "val",
        text: content.slice(50),
        skipped: 0,
        training: content.slice(0, 50),
      });
    }
    const stdin = Readable.from([Buffer.from(content)]);
    const piped = await found(modelOf("words.txt"), { split: "val", text: "-", stdin });
    expect(piped.text).toBe(content.slice(50));
    // The digest tells, and no character that the model does not know.
    const other = corpusIn(temporaryFolder(), `§${wordsOf(100, 2)}`, "other.txt");
    await expect(found(modelOf("words.txt"), { split: "val", text: other })).rejects.toThrow(
      `${other} is not the text that the model was trained on; to score the whole text, leave out --split`,
    );
  });

  it("is refused where the text is elsewhere, was never a file, or is not named", async () => {
    const refusal = (model: Checkpoint) => expect(found(model, { split: "val" })).rejects;
    await refusal(modelOf("words.txt")).toThrow(
      /^cannot find words\.txt, the text that the model was trained on \(run charrnn from the folder [^)]+\); name a text to score, or/,
    );
    await refusal(modelOf("-")).toThrow(
      /^the training text came from standard input; name a text to score, or/,
    );
    await refusal(randomModel(charactersOf(content))).toThrow(
      /names no training text; name a text to score$/,
    );
  });

  it("is refused where none was kept, and where the text has changed", async () => {
    const path = corpusIn(temporaryFolder(), content);
    const model = modelOf(path);
    await expect(found(model, { split: "test" })).rejects.toThrow(
      /was trained without a test split: score another split, or name a text$/,
    );
    corpusIn(join(path, ".."), wordsOf(100, 2));
    await expect(found(model, { split: "val" })).rejects.toThrow(
      /not the text that the model was trained on/,
    );
  });
});

describe("an encoding", () => {
  const text = "caf\u00e9";
  const latin1 = Uint8Array.of(0x63, 0x61, 0x66, 0xe9);
  const model = randomModel(charactersOf(text));

  it("says how a text is read that is named", async () => {
    const path = join(temporaryFolder(), "latin1.txt");
    writeFileSync(path, latin1);
    expect((await found(model, { text: path }, { encoding: "latin1" })).text).toBe(text);
    await expect(found(model, { text: path })).rejects.toThrow("it is probably windows-1252");
  });

  it("of the model's own text is that of its training", async () => {
    const path = join(temporaryFolder(), "latin1.txt");
    writeFileSync(path, latin1);
    const trainedIn = (encoding: string) => ({
      ...model,
      training: {
        step: 1,
        options: { valFrac: 0.5, encoding },
        corpus: { files: [path], sha256: createHash("sha256").update(latin1).digest("hex"), symbols: 4 },
      },
    });
    expect(await found(trainedIn("windows-1252"), { split: "val" })).toEqual({
      name: "val",
      text: "f\u00e9",
      skipped: 0,
      training: "ca",
    });
    // It is read for the baselines of another text too.
    const other = corpusIn(temporaryFolder(), text);
    expect((await found(trainedIn("windows-1252"), { text: other })).training).toBe("ca");
    await expect(found(trainedIn("nosuch"), { split: "val" })).rejects.toThrow(
      "the encoding of the training text takes a name that TextDecoder knows",
    );
  });

  it("is refused for a split, and where there is none of this name", async () => {
    await expect(found(model, { split: "val" }, { encoding: "latin1" })).rejects.toThrow(
      new UsageError(
        "--encoding windows-1252 is for a text that is scored whole: leave out --encoding, because a split is read as it was for training",
      ),
    );
    await expect(found(model, { text: "a.txt" }, { encoding: "nosuch" })).rejects.toThrow(UsageError);
  });
});

it("asks for a text or a split where there is neither", async () => {
  await expect(found(modelOf("words.txt"), {})).rejects.toThrow(UsageError);
  const dev = { split: "dev" } as unknown as EvaluationSource;
  await expect(found(modelOf("words.txt"), dev)).rejects.toThrow("the split takes one of train, val, test");
});

describe("a text", () => {
  it("comes with what the model was trained on where the baselines want it, or why that cannot be had", async () => {
    const [own, other] = [content, "the cat"].map((text) => corpusIn(temporaryFolder(), text));
    const model = modelOf(own);
    expect(await found(model, { text: other })).toEqual({
      name: other,
      text: "the cat",
      skipped: 0,
      training: content.slice(0, 50),
    });
    const without = await found(model, { text: other }, { baselines: false });
    expect(without.training).toBe("no baselines were requested");
    const gone = await found(modelOf("gone.txt"), { text: other });
    expect([gone.text, gone.training]).toEqual([
      "the cat",
      expect.stringMatching(/cannot find .*gone\.txt, /),
    ]);
  });

  it("may come from standard input", async () => {
    const stdin = Readable.from([Buffer.from("the cat")]);
    expect(await found(modelOf("gone.txt"), { text: "-", stdin })).toMatchObject({
      name: "-",
      text: "the cat",
    });
  });

  it("is read without the characters that the model does not know where asked to, which is told", async () => {
    const text = corpusIn(temporaryFolder(), "§the §§cat");
    const model = modelOf("gone.txt");
    await expect(found(model, { text })).rejects.toThrow(
      /^3 characters .*: "§" \(U\+00A7\) 3 times; the first is at offset 0 .* with --unknown skip$/,
    );
    expect(await found(model, { text }, { unknown: "skip" })).toMatchObject({ text: "the cat", skipped: 3 });
  });
});
