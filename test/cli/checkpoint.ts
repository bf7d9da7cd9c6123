import { type Checkpoint } from "../../src/checkpoint/format.ts";

/** Stands for a model in tests that never look into it. */
export const anyCheckpoint: Checkpoint = {
  model: { cell: "rnn", layers: 1, hidden: 1, embedding: 0, dropout: 0 },
  vocabulary: { unit: "char", symbols: ["a"] },
  parameters: new Map(),
};
