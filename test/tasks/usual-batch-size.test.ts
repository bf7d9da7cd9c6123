import { expect, it } from "vitest";
import { usualBatchSizeBy } from "../../src/tasks/usual-batch-size.ts";

it.each([
  // 700 / 10 = 70 chunks, and 700 / 11 are fewer.
  [700, 10],
  [3500, 50],
  [1e9, 50],
  // No batch size has 70 chunks.
  [3, 1],
])("of %d chunks of one row, the usual batch has %d rows", (chunks, batchSize) => {
  expect(usualBatchSizeBy((rows) => Math.floor(chunks / rows))).toBe(batchSize);
});
