import { describe, expect, it } from "vitest";
import { type Checkpoint } from "../../src/checkpoint/format.ts";
import { type StoredValues } from "../../src/model/weights.ts";
import { requireElements, validateCheckpoint } from "../../src/checkpoint/validate.ts";
import { CharrnnError } from "../../src/errors.ts";
import { checkpointOf, messageFrom } from "./fixture.ts";
import { cellNames } from "../../src/model/cells/index.ts";
import { parameterShapes } from "../../src/model/shapes.ts";

const good = checkpointOf({ step: 3 });

function problem(changes: Partial<Record<keyof Checkpoint, unknown>>): string {
  return messageFrom(() => validateCheckpoint({ ...good, ...changes } as Checkpoint));
}

function withParameter(name: string, parameter: unknown): Partial<Record<keyof Checkpoint, unknown>> {
  return { parameters: new Map<string, unknown>([...good.parameters, [name, parameter]]) };
}

describe("validateCheckpoint", () => {
  it("gives a good checkpoint back", () => {
    expect(validateCheckpoint(good)).toEqual(good);
  });

  it("keeps members of the configuration it does not know", () => {
    const model = { ...good.model, tied: true };
    expect(validateCheckpoint({ ...good, model }).model).toEqual(model);
  });

  it.each([
    ["cell", "transformer", `its model.cell is not one of ${cellNames.join(", ")}`],
    ["cell", "toString", `its model.cell is not one of ${cellNames.join(", ")}`],
    ["layers", 0, "its model.layers is not a whole number from 1 to 64"],
    ["layers", 65, "its model.layers is not a whole number from 1 to 64"],
    ["hidden", 2.5, "its model.hidden is not a whole number"],
    ["hidden", 65_537, "its model.hidden is not a whole number from 1 to 65536"],
    ["embedding", -1, "its model.embedding is not a whole number from 0"],
    ["embedding", undefined, "its model.embedding is not a whole number from 0"],
    ["dropout", 1, "its model.dropout is not a number of at least 0 and less than 1"],
    ["dropout", "0.5", "its model.dropout is not a number"],
  ])("refuses a model whose %s is %j", (key, value, message) => {
    expect(problem({ model: { ...good.model, [key]: value } })).toContain(message);
  });

  it.each([
    [{ unit: "word", symbols: ["a"] }, "its unit is neither"],
    [{ unit: "char", symbols: [] }, "it has no symbols"],
    [{ unit: "char", symbols: ["a", "bc", "d"] }, "symbol 1 is not one character"],
    [{ unit: "char", symbols: ["a", "\ud83d", "d"] }, "symbol 1 is not one character"],
    [{ unit: "char", symbols: ["a", "b", 7] }, "symbol 2 is not one character"],
    [{ unit: "char", symbols: ["a", "b", "b"] }, "symbol 2 is repeated or out of order"],
    [{ unit: "char", symbols: ["a", "c", "b"] }, "symbol 2 is repeated or out of order"],
    [{ unit: "char", symbols: [null, "b", "c"] }, "null may only be the last symbol"],
    [{ unit: "char", symbols: [null] }, "it has no symbols"],
    [{ unit: "byte", symbols: [0, 255, 256] }, "symbol 2 is not a byte"],
    ["abc", "no vocabulary"],
  ])("refuses the vocabulary %j", (vocabulary, message) => {
    expect(problem({ vocabulary })).toContain(message);
  });

  it.each([[5], [[[]]], [[[0, -1]]], [[[0, 0.5]]], [[[0, 1], [0]]], [[[0, 99]]]])(
    "refuses %j as beginnings",
    (beginnings) => {
      expect(problem({ beginnings })).toBe(
        "its beginnings are not lists of symbol indices, all of one length",
      );
    },
  );

  it("takes beginnings of one length", () => {
    const beginnings = [
      [0, 1],
      [1, 1],
    ];
    expect(validateCheckpoint({ ...good, beginnings }).beginnings).toEqual(beginnings);
  });

  it("takes characters outside the basic plane, bytes, and one unknown symbol", () => {
    for (const vocabulary of [
      { unit: "char", symbols: ["\n", "😀", null] },
      { unit: "byte", symbols: [0, 255, null] },
    ] as const) {
      expect(validateCheckpoint({ ...good, vocabulary }).vocabulary).toEqual(vocabulary);
    }
  });

  it("refuses parameters that are missing, foreign, of another type or of another shape", () => {
    // head.weight is [V, H] = [3, 3].
    const short = new Map(good.parameters);
    short.delete("head.weight");
    expect(problem({ parameters: short })).toBe("its parameter head.weight is missing");
    const head = good.parameters.get("head.weight");
    expect(problem(withParameter("rnn.weight_ih_l2", head))).toContain(
      '"rnn.weight_ih_l2" is not a parameter of its model',
    );
    expect(problem(withParameter("head.weight", { ...head, dtype: "float64" }))).toContain(
      "not a float32 tensor",
    );
    expect(problem(withParameter("head.weight", [1, 2]))).toContain("not a float32 tensor");
    expect(problem(withParameter("head.weight", { ...head, shape: [9] }))).toBe(
      "its parameter head.weight has the shape [9], but the model needs [3, 3]",
    );
    expect(problem(withParameter("head.weight", { ...head, data: new Float32Array(8) }))).toContain(
      "has 8 elements",
    );
  });

  it.each([NaN, Infinity, -Infinity])("names the parameter and the index of %d", (value) => {
    const data = new Float32Array(9).fill(1);
    data[5] = value;
    const parameter: StoredValues = { shape: [3, 3], dtype: "float32", data };
    expect(problem(withParameter("head.weight", parameter))).toBe(
      `its parameter head.weight has ${value} at index 5, but every value must be a finite number`,
    );
  });

  it("needs a step wherever there is a training state", () => {
    expect(validateCheckpoint({ ...good, training: undefined }).training).toBeUndefined();
    expect(problem({ training: {} })).toContain("training.step is not a whole number");
    expect(problem({ training: { step: -1 } })).toContain("training.step is not a whole number");
    expect(problem({ training: [1] })).toContain("training state is not an object");
  });

  const corpus = { files: ["a.txt", "-"], sha256: "ab12", symbols: 1000, commonest: 2 };

  it.each([
    ["as a run writes it", corpus],
    ["without the commonest symbol, which other programs need not know", { ...corpus, commonest: undefined }],
    ["with members it does not know", { ...corpus, language: "en" }],
  ])("takes the corpus of a training %s", (_, corpus) => {
    const training = { step: 3, corpus };
    expect(validateCheckpoint({ ...good, training }).training).toEqual(training);
  });

  it.each([
    ["a.txt", "training.corpus is not an object"],
    [{ ...corpus, files: "a.txt" }, "training.corpus.files is not a list of paths"],
    [{ ...corpus, files: ["a.txt", 7] }, "training.corpus.files is not a list of paths"],
    [{ ...corpus, sha256: 5 }, "training.corpus.sha256 is not a digest"],
    [{ ...corpus, symbols: "many" }, "training.corpus.symbols is not a whole number"],
    // The vocabulary is a, b, c.
    [{ ...corpus, commonest: -1 }, "training.corpus.commonest is not a whole number from 0 to 2"],
    [{ ...corpus, commonest: 0.5 }, "training.corpus.commonest is not a whole number from 0 to 2"],
    [{ ...corpus, commonest: 3 }, "training.corpus.commonest is not a whole number from 0 to 2"],
    [{ ...corpus, commonest: null }, "training.corpus.commonest is not a whole number from 0 to 2"],
  ])("refuses the corpus %j of a training", (corpus, message) => {
    expect(problem({ training: { step: 3, corpus } })).toContain(message);
  });

  it("refuses the unknown symbol as the commonest", () => {
    const vocabulary = { unit: "char", symbols: ["a", "b", null] };
    expect(problem({ vocabulary, training: { step: 3, corpus } })).toContain(
      "training.corpus.commonest is not a whole number from 0 to 1",
    );
  });
});

describe("requireElements", () => {
  it("compares the shape with the data", () => {
    expect(() => {
      requireElements("m", { shape: [2, 3], data: new Float32Array(6) });
    }).not.toThrow();
    expect(() => {
      requireElements("m", { shape: [2, 3], data: new Float32Array(5) });
    }).toThrow(new CharrnnError("its m of shape [2, 3] has 5 elements"));
  });
});

describe("the task of a checkpoint", () => {
  const model = { cell: "rnn", layers: 1, hidden: 2, embedding: 0, dropout: 0 } as const;
  const vocabulary = { unit: "char", symbols: ["a", "b", "c"] } as const;
  const parametersFor = (sizes: { inputs: number; outputs: number }) =>
    new Map(
      [...parameterShapes(model, sizes)].map(([name, shape]) => {
        const size = shape.reduce((product, n) => product * n, 1);
        return [name, { shape, dtype: "float32" as const, data: new Float32Array(size) }];
      }),
    );
  const parameters = parametersFor({ inputs: 3, outputs: 2 });

  it("says the sizes of the network; without a task both are that of the vocabulary", () => {
    const task = { name: "many-to-one", inputs: 3, outputs: 2, labels: ["x", "y"] };
    expect(validateCheckpoint({ model, vocabulary, task, parameters }).task).toEqual(task);
    expect(() => validateCheckpoint({ model, vocabulary, parameters })).toThrow(
      "its parameter head.weight has the shape [2, 2], but the model needs [3, 2]",
    );
    const same = parametersFor({ inputs: 3, outputs: 3 });
    expect(validateCheckpoint({ model, vocabulary, parameters: same }).task).toBeUndefined();
  });

  it.each([
    [{ inputs: 3, outputs: 2 }, "its task has no name"],
    [{ name: "x", outputs: 2 }, "its task.inputs is not a whole number from 1 to"],
    [{ name: "x", inputs: 3, outputs: 0 }, "its task.outputs is not a whole number from 1 to"],
  ])("is refused if it is %j", (task, message) => {
    expect(() => validateCheckpoint({ model, vocabulary, task, parameters })).toThrow(message);
  });
});
