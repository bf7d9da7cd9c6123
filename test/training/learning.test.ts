import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { defineGrammar } from "../../src/text/grammar/grammar.ts";
import { floor, generate } from "../../src/text/grammar/index.ts";
import { train } from "../../src/training/train.ts";
import { cellNames, cells, type CellName } from "../../src/model/cells/index.ts";
import { allOr } from "../scope.ts";

/*
 * Quotations that close, an adjective that agrees with a noun two words on, and free choices in between: one must
 * remember to reach the floor. Its entropy a unit, in closed form: H(quoted) = 1 bit for the even choice, then one
 * of four verbs (2 bits) and of the two kinds (1 bit), each with one of two nouns (1 bit): 5 bits in all. A unit is
 * 15 characters, or 17 with its quotation marks, 16 on average: 5/16 = 0.3125 bits per character.
 */
const grammar = defineGrammar("toy", "unit", {
  unit: [
    [1, '"<clause>"\n'],
    [1, "<clause>\n"],
  ],
  clause: [
    [1, "<verb> the big <large>"],
    [1, "<verb> the wee <small>"],
  ],
  verb: [
    [1, "see"],
    [1, "ask"],
    [1, "hit"],
    [1, "cut"],
  ],
  large: [
    [1, "ox"],
    [1, "ax"],
  ],
  small: [
    [1, "bu"],
    [1, "ti"],
  ],
});

/**
 * A small model. The gates of a cell without a recurrent product see what came before only through the layer below, so
 * it has more of them.
 */
function sizeOf(cell: CellName): { layers: number; hidden: number } {
  const isRecurrent = "weight_hh" in cells[cell].parameters(1, 1);
  return isRecurrent ? { layers: 1, hidden: 48 } : { layers: 3, hidden: 96 };
}

it.each(allOr(["lstm"], cellNames))(
  "a small %s learns a known language to within 2 percent of its floor",
  async (cell) => {
    const text = [...generate(grammar, 120_000, 1)].join("");
    expect(floor(grammar, text)).toBeCloseTo(5 / 16, 2);

    const folder = mkdtempSync(join(tmpdir(), "charrnn-learning-"));
    const file = join(folder, "toy.txt");
    writeFileSync(file, text);
    let loss = Infinity;
    const options = {
      cell,
      ...sizeOf(cell),
      epochs: 14,
      lr: 0.005,
      schedule: "cosine",
      out: folder,
    } as const;
    for await (const event of train([file], {
      ...options,
      batchSize: 20,
      seqLength: 50,
      testFrac: 0,
      valFrac: 0.1,
    })) {
      if (event.event === "end") loss = event.best?.loss ?? Infinity;
    }
    // The validation split, but for its first character, which nobody predicts.
    const least = floor(grammar, text, 108_001, 120_000) * Math.LN2;
    expect(loss / least).toBeLessThan(1.02);
    // Below its floor a model can come by luck alone: there are 3,700 choices, so by well under 1 %.
    expect(loss / least).toBeGreaterThan(0.995);
  },
);
