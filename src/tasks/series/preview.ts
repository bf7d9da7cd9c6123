import { openEngine } from "../../engine/engines.ts";
import { Layout } from "../../engine/tensor.ts";
import { Network } from "../../model/network.ts";
import { writeStored } from "../../model/weights.ts";
import { formatNumber } from "../examples/preview.ts";
import { type TrainingData } from "../task.ts";
import { networkSizes, numbersOfOutputs, type EncodedSeries, type SeriesCode } from "./code.ts";
import { RowReader } from "./row-reader.ts";
import { firstPredicted, type Part } from "./series-splits.ts";

/** How many rows a preview shows, and how many rows the model reads before them at most. */
const ROWS = 4;
const READ_BEFORE = 200;

/** Shows the last predictions for a series beside the rows that came: `1.2, 30 -> 1.3, 31 (right: 1.4, 30)`. */
export function previewOf(parts: readonly Part<EncodedSeries>[], code: SeriesCode): TrainingData["preview"] {
  const shown = parts.find((part) => part.end > firstPredicted(part)) ?? parts[0];
  return async (checkpoint, { engine: kernels }) => {
    const layout = new Layout();
    const network = new Network(layout, checkpoint.model, networkSizes(code), { training: false });
    const reader = new RowReader(layout, network, 1);
    const engine = await openEngine(layout, reader.programs, { engine: kernels, threads: 0 });
    try {
      writeStored(engine, network.parameters, checkpoint.parameters);
      reader.begin(engine);
      const { series, end } = shown;
      const first = Math.max(firstPredicted(shown), end - ROWS);
      const w = code.scales.length;
      const rowOf = (numbers: Float32Array | Float64Array, row: number) =>
        numbers.subarray(row * w, (row + 1) * w);
      const lines: string[] = [];
      for (let row = Math.max(0, first - 1 - READ_BEFORE); row < end - 1; row++) {
        const outputs = await reader.read(engine, rowOf(series.standardised, row));
        if (row + 1 < first) continue;
        const predicted = textOf(numbersOfOutputs(outputs, code.scales));
        const [read, right] = [row, row + 1].map((index) => textOf(rowOf(series.numbers, index)));
        lines.push(`${read} -> ${predicted} (right: ${right})`);
      }
      return lines.join("\n");
    } finally {
      await engine.close();
    }
  };
}

function textOf(numbers: ArrayLike<number>): string {
  return Array.from(numbers, formatNumber).join(", ");
}
