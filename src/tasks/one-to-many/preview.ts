import { drawSamples } from "../../sampling/sample.ts";
import { inputText } from "../examples/preview.ts";
import { type TrainingData } from "../task.ts";
import { type TextCode } from "./code.ts";
import { type ConditionedText } from "./conditioned-texts.ts";
import { writerOf } from "./sample.ts";

/** How many texts a preview has, and the most characters of each. */
const TEXTS = 4;
const LONGEST = 100;

/** Shows texts that the model writes from the conditions of some examples. */
export function previewOf(examples: readonly ConditionedText[], code: TextCode): TrainingData["preview"] {
  const spacing = Math.max(1, Math.floor(examples.length / TEXTS));
  const shown = examples.filter((_, index) => index % spacing === 0).slice(0, TEXTS);
  const writer = writerOf(
    code,
    shown.map(({ conditions }) => conditions),
    1,
  );
  return async (checkpoint, { seed, engine }) => {
    const lines = shown.map(({ conditions }) => `${inputText(conditions)} -> `);
    const options = { num: shown.length, length: LONGEST, seed, engine, threads: 0 };
    for await (const { index, text } of drawSamples(checkpoint, writer, options)) lines[index] += text;
    return lines.join("\n");
  };
}
