import { readFileSync, statSync } from "node:fs";
import { expect, it } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { evaluateText } from "../../src/evaluation/evaluate.ts";
import { floor, grammars } from "../../src/text/grammar/index.ts";

const shipped = "checkpoints/tales/best.json";

it("the shipped model is small, and near the floor of the very text it is scored on, not below", async () => {
  expect(statSync(shipped).size).toBeLessThan(1_000_000);
  const checkpoint = readCheckpoint(shipped);
  const val = await evaluateText(checkpoint, { split: "val" }, { baselines: false });
  // The split is the 50,000 characters from 900,000 on; its first character is scored by nobody.
  const least = floor(grammars.tales, readFileSync("corpora/tales.txt", "utf8"), 900_001, 950_000);
  expect(val.bitsPerCharacter / least).toBeGreaterThan(1);
  // A model of twice the size comes within 2 %, as corpora/README.md shows; this one has to be small.
  expect(val.bitsPerCharacter / least).toBeLessThan(1.03);
});

it("the shipped model of the code is small, and knows its text", async () => {
  const code = "checkpoints/code/best.json";
  expect(statSync(code).size).toBeLessThan(500_000);
  const val = await evaluateText(readCheckpoint(code), { split: "val" }, { baselines: false });
  const least = floor(grammars.code, readFileSync("corpora/code.txt", "utf8"), 900_001, 950_000);
  expect(val.bitsPerCharacter / least).toBeGreaterThan(1);
  expect(val.bitsPerCharacter / least).toBeLessThan(1.1);
});
