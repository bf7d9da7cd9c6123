import { type Checkpoint } from "../../checkpoint/format.ts";
import { sample } from "../../sampling/sample.ts";
import { type PreviewOptions } from "../task.ts";

/** Characters of the samples that show how the text gets better. */
const LENGTH = 200;
const TEMPERATURE = 0.8;

/** A short sample. */
export async function preview(checkpoint: Checkpoint, { seed, engine }: PreviewOptions): Promise<string> {
  const options = { length: LENGTH, temperature: TEMPERATURE, seed, engine, threads: 0 };
  let text = "";
  for await (const piece of sample(checkpoint, options)) text += piece.text;
  return text;
}
