import { describe, expect, it } from "vitest";
import { uniformNumbers } from "../../../../src/text/grammar/random.ts";
import { series } from "../../../../src/text/tables/generated/series.ts";
import { firstExamples } from "./first-examples.ts";
import { diceProbabilities } from "./probabilities.ts";
import { rowsOf, statedTable } from "./readme.ts";

const stated = statedTable("series.csv");
const noise = diceProbabilities(3, 12);
const labels = ["rising", "falling", "cycle"];
/** What value1 gains from each day to the next, in tenths. Each possible first day is one list. */
const cycle = [6, 6, 6, -6, -6, -6];
const gains = [[[4]], [[-4]], cycle.map((_, first) => cycle.slice(first).concat(cycle.slice(0, first)))];

function parsed(lines: readonly string[]) {
  const cells = lines.map((line) => line.split(","));
  const column = (index: number) => cells.map((row) => Math.round(Number(row[index]) * 10));
  return {
    ids: cells.map((row) => Number(row[0])),
    days: cells.map((row) => Number(row[1])),
    value1: column(2),
    value2: column(3),
    labels: cells.map((row) => row[4]),
  };
}

/** p(class | series): the product over the days of the probabilities of both noises, mean over the first days. */
function posterior({ value1, value2 }: ReturnType<typeof parsed>): number[] {
  const ofNoise = (tenths: number) => (tenths < -18 ? 0 : (noise.at(tenths + 18) ?? 0));
  const joint = gains.map((lists) => {
    const likelihoods = lists.map((gain) => {
      let product = 1;
      for (let day = 1; day < value1.length; day++) {
        const expected = gain[(day - 1) % gain.length];
        product *= ofNoise(value1[day] - value1[day - 1] - expected);
        product *= ofNoise(value2[day] - value2[day - 1] + expected / 2);
      }
      return product;
    });
    return likelihoods.reduce((sum, likelihood) => sum + likelihood, 0) / lists.length;
  });
  const total = joint.reduce((sum, p) => sum + p, 0);
  return joint.map((p) => p / total);
}

function draw(count: number, seed: number) {
  const examples = firstExamples(series, count, uniformNumbers(seed));
  return examples.map((example) => parsed(example.trimEnd().split("\n")));
}

const rows = rowsOf("series.csv");
const inFile = Array.from({ length: series.length }, (_, i) =>
  parsed(rows.filter((row) => row.startsWith(`${i + 1},`))),
);

describe("series", () => {
  it("has rows of consecutive days and one class for each id", () => {
    expect(inFile).toHaveLength(stated.examples);
    inFile.forEach(({ ids, days, labels }, index) => {
      expect(new Set(ids)).toEqual(new Set([index + 1]));
      expect(days).toEqual(days.map((_, day) => day + 1));
      expect(days.length).toBeGreaterThanOrEqual(5);
      expect(days.length).toBeLessThanOrEqual(20);
      expect(new Set(labels).size).toBe(1);
    });
  });

  it("writes values with one digit after the point", () => {
    for (const row of rows) expect(row).toMatch(/^\d+,\d+,\d+\.\d,\d+\.\d,(rising|falling|cycle)$/);
  });

  it("has classes whose probabilities are right on average", () => {
    const sums = [0, 0, 0];
    const variances = [0, 0, 0];
    for (const one of draw(2000, 31)) {
      posterior(one).forEach((p, c) => {
        sums[c] += (labels[c] === one.labels[0] ? 1 : 0) - p;
        variances[c] += p * (1 - p);
      });
    }
    sums.forEach((sum, c) => {
      expect(Math.abs(sum)).toBeLessThan(5 * Math.sqrt(variances[c]));
    });
  });

  it("has about the best accuracy that the README states: the mean of the largest p(class | series)", () => {
    const largest = draw(4000, 32).map((one) => Math.max(...posterior(one)));
    const mean = largest.reduce((sum, p) => sum + p, 0) / largest.length;
    const variance = largest.reduce((sum, p) => sum + (p - mean) ** 2, 0) / (largest.length - 1);
    expect(Math.abs(mean - stated.bestAccuracy)).toBeLessThan(4 * Math.sqrt(variance / largest.length));
    expect(stated.commonestClass).toBe(0.3333); // the classes are equally likely
  });

  it("has a file of which the best classifier is right as often as the README states", () => {
    const right = inFile.filter((one) => {
      const probabilities = posterior(one);
      return probabilities[labels.indexOf(one.labels[0])] === Math.max(...probabilities);
    });
    expect((right.length / inFile.length).toFixed(4)).toBe(stated.bestInFile.toFixed(4));
  });
});
