import { describe, expect, it } from "vitest";
import { parameterShapes } from "../../src/model/shapes.ts";
import { sizesOf } from "./fixture.ts";

describe("parameterShapes", () => {
  it("lists a two-layer LSTM over one-hot input with PyTorch's names, in its order", () => {
    // V = 65, H = 128: four gates make 4 * 128 = 512 rows; layer 1 reads the 128 units of layer 0.
    const shapes = parameterShapes({ cell: "lstm", layers: 2, hidden: 128, embedding: 0 }, sizesOf(65));
    expect([...shapes]).toEqual([
      ["rnn.weight_ih_l0", [512, 65]],
      ["rnn.weight_hh_l0", [512, 128]],
      ["rnn.bias_ih_l0", [512]],
      ["rnn.bias_hh_l0", [512]],
      ["rnn.weight_ih_l1", [512, 128]],
      ["rnn.weight_hh_l1", [512, 128]],
      ["rnn.bias_ih_l1", [512]],
      ["rnn.bias_hh_l1", [512]],
      ["head.weight", [65, 128]],
      ["head.bias", [65]],
    ]);
  });

  it("puts the embedding first and lets layer 0 read it", () => {
    const shapes = parameterShapes(
      { cell: "rnn", layers: 1, hidden: 8, embedding: 3 },
      { inputs: 10, outputs: 10 },
    );
    expect([...shapes.keys()][0]).toBe("embedding.weight");
    expect(shapes.get("embedding.weight")).toEqual([10, 3]);
    expect(shapes.get("rnn.weight_ih_l0")).toEqual([8, 3]);
  });

  it("stacks one gate for the RNN, three for the GRU and four for the LSTM", () => {
    const rows = (["rnn", "gru", "lstm"] as const).map((cell) =>
      parameterShapes({ cell, layers: 1, hidden: 5, embedding: 0 }, sizesOf(7)).get("rnn.bias_hh_l0"),
    );
    expect(rows).toEqual([[5], [15], [20]]);
  });
});
