import { stdin as processStdin } from "node:process";
import { type Checkpoint } from "../../checkpoint/format.ts";
import { UsageError } from "../../errors.ts";
import { findFile } from "../../text/sources.ts";
import { tableFormatOf } from "../../text/tables/table.ts";
import { inputsOf } from "../examples/predict.ts";
import { type Answered, type PredictOptions } from "../task.ts";
import { encodePairInputs, outputText } from "./pair-code.ts";
import { Writer } from "./writer.ts";

/** The least width of the beam search if --top is given without --beam. */
export const USUAL_BEAMS = 5;

/**
 * The outputs of a model for the examples of the table at `path`, or of a text with one input on each line. The outputs
 * come in the order of the inputs, as soon as they are computed.
 * @throws UsageError, CharrnnError if an option or an input is wrong, or the engine cannot run here
 */
export async function* predict(
  checkpoint: Checkpoint,
  path: string,
  options: PredictOptions = {},
): AsyncGenerator<Answered, void, undefined> {
  const { format, top = 1, unknown = "error", stdin = processStdin, engine, threads } = options;
  if (options.alignments && checkpoint.model.attention !== "luong") {
    throw new UsageError(
      "--alignments shows attention, which this model does not have: leave out --alignments",
    );
  }
  if (options.threshold !== undefined) {
    throw new UsageError("--threshold is for a model of two classes: leave out --threshold");
  }
  const source = await findFile(path, stdin);
  const beams = Math.max(options.beam ?? (top > 1 ? USUAL_BEAMS : 1), top);
  const writer = new Writer(checkpoint, { engine, threads, beams, maxOutput: options.maxOutput });
  const { code } = writer;
  try {
    for await (const examples of inputsOf(source, {
      ...code.columns,
      group: undefined,
      format: format ?? tableFormatOf(source.name),
    })) {
      const inputs = encodePairInputs(examples, code, unknown);
      const written = await writer.write(inputs);
      const best = written.map(([{ symbols }]) => symbols);
      const alignments = options.alignments ? await writer.alignments(inputs, best) : undefined;
      for (const [index, { steps, table, line }] of examples.entries()) {
        const candidates = written[index].slice(0, top).map(({ symbols, logProbability }) => ({
          prediction: outputText(symbols, code),
          probability: Math.exp(logProbability),
          logProbability,
        }));
        const [{ prediction, probability }] = candidates;
        const [{ cut }] = written[index];
        yield {
          table,
          line,
          input: steps,
          prediction,
          probability,
          candidates,
          ...(cut && { cut: true as const }),
          ...(alignments && { alignment: alignments[index] }),
        };
      }
    }
  } finally {
    await writer.close();
  }
}
