import { USUAL_BATCH_SIZE } from "./task.ts";

/** An epoch with fewer updates than this trains the model too little. */
const FEWEST_STEPS = 70;

/**
 * The default batch size: the largest one, up to USUAL_BATCH_SIZE, that gives an epoch at least 70 chunks. If there is
 * none, the default is 1. `chunks` computes the chunks of an epoch.
 */
export function usualBatchSizeBy(chunks: (batchSize: number) => number): number {
  let batchSize = USUAL_BATCH_SIZE;
  while (batchSize > 1 && chunks(batchSize) < FEWEST_STEPS) batchSize -= 1;
  return batchSize;
}
