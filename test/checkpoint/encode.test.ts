import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { checkpointPieces } from "../../src/checkpoint/encode.ts";
import { DATA_LIMIT, type Checkpoint, type Tree } from "../../src/checkpoint/format.ts";
import { checkpointOf, messageFrom } from "./fixture.ts";

const textOf = (checkpoint: Checkpoint, dataLimit = DATA_LIMIT) =>
  Buffer.concat([...checkpointPieces(checkpoint, dataLimit)]).toString();

const withTraining = (state: Tree) => checkpointOf({ step: 1, state });

describe("checkpointPieces", () => {
  it("writes one compact object in the order of the format, sealed with its checksum", () => {
    const one = (shape: number[]) => ({ shape, dtype: "float32", data: Float32Array.of(1) }) as const;
    const checkpoint: Checkpoint = {
      model: { cell: "rnn", layers: 1, hidden: 1, embedding: 0, dropout: 0 },
      vocabulary: { unit: "char", symbols: ["\n"] },
      parameters: new Map([
        ["rnn.weight_ih_l0", one([1, 1])],
        ["head.bias", one([1])],
      ]),
      training: { step: 7 },
    };
    // 1.0 is 0x3f800000, little-endian 00 00 80 3f: the sextets 0 0 2 0 and 15 48, padded, are AACA and Pw==.
    const body =
      '{"format":"charrnn","version":1,' +
      '"model":{"cell":"rnn","layers":1,"hidden":1,"embedding":0,"dropout":0},' +
      '"vocabulary":{"unit":"char","symbols":["\\n"]},' +
      '"parameters":{"rnn.weight_ih_l0":{"shape":[1,1],"dtype":"float32","data":"AACAPw=="},' +
      '"head.bias":{"shape":[1],"dtype":"float32","data":"AACAPw=="}},' +
      '"training":{"step":7}';
    const checksum = createHash("sha256").update(body).digest("hex");
    expect(textOf(checkpoint)).toBe(`${body},"checksum":"sha256:${checksum}"}`);
  });

  it("splits long data into strings whose concatenation is the base64 of the whole", () => {
    // 10 floats are 40 bytes, 56 characters: at 16 a string, three of 16 and one of 8.
    const data = Float32Array.from({ length: 10 }, (_, index) => index / 3);
    const text = textOf(withTraining({ shape: [10], dtype: "float32", data }), 16);
    const { training } = JSON.parse(text) as { training: { state: { data: string[] } } };
    expect(training.state.data.map((part) => part.length)).toEqual([16, 16, 16, 8]);
    expect(training.state.data.join("")).toBe(Buffer.from(data.buffer).toString("base64"));
  });

  it("hands on pieces that stay small however large a tensor is", () => {
    const data = new Float32Array(4_000_000);
    const pieces = checkpointPieces(withTraining({ shape: [4_000_000], dtype: "float32", data }), DATA_LIMIT);
    // 16 MB make 21.3 million characters.
    const lengths = Array.from(pieces, (piece) => piece.length);
    expect(Math.max(...lengths)).toBeLessThan(4_000_000);
    expect(lengths.reduce((sum, length) => sum + length)).toBeGreaterThan(21_000_000);
  });

  it("keeps the sign of zero", () => {
    expect(textOf(withTraining([0, -0]))).toContain('"state":[0,-0]');
  });

  it("writes whole numbers as all others, however many there are", () => {
    expect(textOf(withTraining([[3, -1], [], [2, 0.5]]))).toContain('"state":[[3,-1],[],[2,0.5]]');
    const many = Array.from({ length: 300_000 }, (_, i) => i);
    expect(textOf(withTraining(many)).includes(`"state":[${many.join(",")}]`)).toBe(true);
  });

  it("leaves out keys that are undefined", () => {
    expect(textOf(withTraining({ a: undefined, b: 1 }))).toContain('"state":{"b":1}');
    expect(textOf(checkpointOf())).not.toContain("training");
  });

  it.each<[string, Tree, string]>([
    ["a number that is not finite", { best: { loss: NaN } }, "its training.state.best.loss is NaN"],
    ["a key that JavaScript gives a meaning", { constructor: 1 }, "training.state has the key constructor"],
    ["a string that no reader takes", "x".repeat(2 ** 20), "training.state has a string over 1048576 bytes"],
    [
      "a tensor that is not of its shape",
      { shape: [3], dtype: "int32", data: new Int32Array(2) },
      "has 2 elements",
    ],
  ])("refuses %s", (_, state, message) => {
    expect(messageFrom(() => textOf(withTraining(state)))).toContain(message);
  });

  it("refuses nesting that no reader takes", () => {
    let tree: Tree = 0;
    for (let depth = 0; depth < 100; depth++) tree = [tree];
    expect(messageFrom(() => textOf(withTraining(tree)))).toContain("is nested too deeply");
  });
});
