import { describe, expect, it } from "vitest";
import { uniformNumbers } from "../../../../src/text/grammar/random.ts";
import { autoregressive } from "../../../../src/text/tables/generated/autoregressive.ts";
import { firstExamples } from "./first-examples.ts";
import { rowsOf, statedSequences } from "./readme.ts";

const stated = statedSequences("autoregressive.csv");
const values = rowsOf("autoregressive.csv").map((row) => Number(row.split(",")[1]));

/** What is left of each day's value, from the third day on, after the mean that the README states. */
function noiseOf(values: readonly number[]): number[] {
  const seasons = [40, 46, 52, 55, 50, 44, 36];
  const aboveSeason = values.map((value, day) => value - seasons[day % 7]);
  return aboveSeason.slice(2).map((value, i) => value - (1.2 * aboveSeason[i + 1] - 0.4 * aboveSeason[i]));
}

function rootMeanSquare(numbers: readonly number[]): number {
  return Math.sqrt(numbers.reduce((sum, number) => sum + number * number, 0) / numbers.length);
}

describe("autoregressive", () => {
  it("adds normal noise to the mean, two draws a day", () => {
    // sqrt(-2 ln(1 - 0.5)) = 1.17741, cos(2 pi 0.5) = -1. The means are 40, 46 - 1.2 * 1.18 = 44.584, and from the
    // distances -1.18 and 43.41 - 46 = -2.59: 52 - 1.2 * 2.59 + 0.4 * 1.18 = 49.364.
    expect(firstExamples(autoregressive, 3, () => 0.5)).toEqual(["1,38.82\n", "2,43.41\n", "3,48.19\n"]);
  });

  it("has noise of the deviation that the README states, which is the best possible error", () => {
    const drawn = firstExamples(autoregressive, 20_000, uniformNumbers(12)).map((row) =>
      Number(row.split(",")[1]),
    );
    const noise = noiseOf(drawn);
    // The standard error of a deviation is 1 / sqrt(2 n).
    expect(Math.abs(rootMeanSquare(noise) - stated.best)).toBeLessThan(4 / Math.sqrt(2 * noise.length));
    expect(stated).toMatchObject({ task: "series", best: 1 });
  });

  it("has noise that the day before does not tell", () => {
    const noise = noiseOf(values);
    const correlation = noise.slice(1).reduce((sum, number, i) => sum + number * noise[i], 0) / noise.length;
    expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(noise.length));
  });

  it("is hard for a guess that repeats the last value", () => {
    const changes = values.slice(1).map((value, i) => value - values[i]);
    expect(rootMeanSquare(changes).toFixed(4)).toBe(stated.simpleGuess.toFixed(4));
  });
});
