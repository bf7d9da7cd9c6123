import { type Checkpoint } from "../../checkpoint/format.ts";
import { sample } from "../../sampling/sample.ts";
import { type PreviewOptions } from "../task.ts";

/** How many characters a preview has. */
const LENGTH = 200;
const TEMPERATURE = 0.8;

/** Draws a short sample, which shows during training how well the model writes. */
export async function preview(checkpoint: Checkpoint, { seed, engine }: PreviewOptions): Promise<string> {
  const options = { length: LENGTH, temperature: TEMPERATURE, seed, engine, threads: 0 };
  let text = "";
  for await (const piece of sample(checkpoint, options)) text += piece.text;
  return text;
}
