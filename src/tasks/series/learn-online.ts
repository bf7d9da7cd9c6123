import { type Checkpoint } from "../../checkpoint/format.ts";
import { Network } from "../../model/network.ts";
import { UnrolledNetwork } from "../../model/unrolled-network.ts";
import { chunkOf, chunkShape } from "../single-network.ts";
import { type OnlineData, type PredictOptions, type TaskOptions } from "../task.ts";
import { codeOf, networkSizes } from "./code.ts";
import { answersFor } from "./predict.ts";
import { RowReader } from "./row-reader.ts";
import { EVERY_ROW } from "./series-scorer.ts";

/**
 * The rows at `path`, which a model predicts and learns from, one after another. There is an update for each row except
 * the first of a series. The loss of an update is the squared error of this row's prediction alone, and its gradient
 * flows back through the last `seqLength` rows. This is the truncated backpropagation BPTT(h) of Williams and Peng
 * (1990), where h is `seqLength`. The state before these rows is not computed again: it stays as it was when the last
 * row before them was dropped.
 * @throws CharrnnError if the checkpoint is not one of series
 */
export function learnOnline(
  checkpoint: Checkpoint,
  path: string,
  { seqLength: window, ...options }: PredictOptions & Pick<TaskOptions, "seqLength">,
): OnlineData {
  const code = codeOf(checkpoint);
  let reader: RowReader | undefined;
  return {
    lay(layout, config, dropout) {
      const network = new Network(layout, config, networkSizes(code), { training: true });
      reader = new RowReader(layout, network, window);
      const unrolled = new UnrolledNetwork(layout, network, {
        batch: 1,
        steps: window,
        states: reader.states,
        training: dropout,
        head: EVERY_ROW,
      });
      const { inputs, targets, weights, counted } = unrolled;
      // The reader updates the states, once for each row that it drops. So the chunk itself saves none.
      const chunk = { ...chunkOf(network, unrolled, window), saveStates: () => [] };
      return {
        model: {
          parameters: network.parameters,
          inputs: { inputs, targets, ...(weights && { weights }) },
          counted,
          states: [],
          shapes: new Map([[chunkShape(window), chunk]]),
        },
        validation: undefined,
        programs: reader.programs,
      };
    },
    answers(engine, learn) {
      if (reader === undefined) throw new Error("the model is not laid out yet");
      return answersFor(path, options, { code, reader, engine, learn });
    },
  };
}
