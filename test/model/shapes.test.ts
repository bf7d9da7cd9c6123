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

  it("lists the reverse direction of each layer behind the forward one, as PyTorch does", () => {
    // H = 5: the four gates have 20 rows. Layer 1 and the head read both directions of layer 0: 10 units.
    const config = { cell: "lstm", layers: 2, hidden: 5, embedding: 0, bidirectional: true } as const;
    expect([...parameterShapes(config, { inputs: 7, outputs: 3 })]).toEqual([
      ["rnn.weight_ih_l0", [20, 7]],
      ["rnn.weight_hh_l0", [20, 5]],
      ["rnn.bias_ih_l0", [20]],
      ["rnn.bias_hh_l0", [20]],
      ["rnn.weight_ih_l0_reverse", [20, 7]],
      ["rnn.weight_hh_l0_reverse", [20, 5]],
      ["rnn.bias_ih_l0_reverse", [20]],
      ["rnn.bias_hh_l0_reverse", [20]],
      ["rnn.weight_ih_l1", [20, 10]],
      ["rnn.weight_hh_l1", [20, 5]],
      ["rnn.bias_ih_l1", [20]],
      ["rnn.bias_hh_l1", [20]],
      ["rnn.weight_ih_l1_reverse", [20, 10]],
      ["rnn.weight_hh_l1_reverse", [20, 5]],
      ["rnn.bias_ih_l1_reverse", [20]],
      ["rnn.bias_hh_l1_reverse", [20]],
      ["head.weight", [3, 10]],
      ["head.bias", [3]],
    ]);
  });

  it("lets both directions of layer 0 read the embedding", () => {
    const config = { cell: "gru", layers: 1, hidden: 4, embedding: 3, bidirectional: true } as const;
    const shapes = parameterShapes(config, sizesOf(9));
    expect([...shapes.keys()][0]).toBe("embedding.weight");
    expect(shapes.get("rnn.weight_ih_l0")).toEqual([12, 3]);
    expect(shapes.get("rnn.weight_ih_l0_reverse")).toEqual([12, 3]);
  });

  it("lists the encoder, the decoder, and the weights between them and to the head", () => {
    // H = 4 and two directions, so the encoder's outputs have 8 columns. The decoder reads the 6 symbols of the output.
    const config = {
      cell: "gru",
      layers: 1,
      hidden: 4,
      embedding: 0,
      bidirectional: true,
      attention: "luong",
    } as const;
    const shapes = parameterShapes(config, { inputs: 9, outputs: 6 });
    expect(shapes.get("encoder.rnn.weight_ih_l0_reverse")).toEqual([12, 9]);
    expect(shapes.get("decoder.rnn.weight_ih_l0")).toEqual([12, 6]);
    expect(shapes.has("decoder.rnn.weight_ih_l0_reverse")).toBe(false);
    expect([...shapes].slice(-5)).toEqual([
      ["bridge.h.weight_l0", [4, 8]],
      ["attention.weight", [4, 8]],
      ["attention.combine.weight", [4, 12]],
      ["head.weight", [6, 4]],
      ["head.bias", [6]],
    ]);
  });

  it("lets layer 0 read rows of numbers", () => {
    const config = { cell: "rnn", layers: 1, hidden: 4, embedding: 0, bidirectional: true } as const;
    const shapes = parameterShapes(config, { inputs: 6, outputs: 1, numeric: true });
    expect(shapes.get("rnn.weight_ih_l0_reverse")).toEqual([4, 6]);
    expect(shapes.get("head.weight")).toEqual([1, 8]);
  });

  it("gives a minGRU of two directions no recurrent weights", () => {
    const config = { cell: "mingru", layers: 1, hidden: 4, embedding: 0, bidirectional: true } as const;
    expect([...parameterShapes(config, sizesOf(3)).keys()]).toEqual([
      "rnn.weight_ih_l0",
      "rnn.bias_ih_l0",
      "rnn.weight_ih_l0_reverse",
      "rnn.bias_ih_l0_reverse",
      "head.weight",
      "head.bias",
    ]);
  });
});
