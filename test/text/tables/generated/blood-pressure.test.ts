import { describe, expect, it } from "vitest";
import { uniformNumbers } from "../../../../src/text/grammar/random.ts";
import {
  bloodPressure,
  PRESSURES,
  pressureProbabilities,
} from "../../../../src/text/tables/generated/blood-pressure.ts";
import { firstExamples } from "./first-examples.ts";
import { diceProbabilities } from "./probabilities.ts";
import { rowsOf, statedTable } from "./readme.ts";

const stated = statedTable("blood-pressure.csv");

function parsed(row: string) {
  const [height, weight, age, pressure] = row.trimEnd().split(",");
  return {
    probabilities: pressureProbabilities(Number(height), Number(weight), Number(age)),
    pressure: PRESSURES.findIndex((name) => name === pressure),
  };
}

describe("pressureProbabilities", () => {
  it.each([
    // bmi = 100 / 2^2 = 25, mean = 118: exp((118 - 108) / 4) = e^2.5, exp((118 - 132) / 4) = e^-3.5
    [200, 100, 48, 1 / (1 + Math.exp(2.5)), 1 - 1 / (1 + Math.exp(-3.5))],
    // bmi = 120 / 2^2 = 30, mean = 118 + 0.5 * 32 + 0.03 * 80 * 5 = 146
    [200, 120, 80, 1 / (1 + Math.exp(9.5)), 1 - 1 / (1 + Math.exp(3.5))],
  ])("of %d cm, %d kg and %d years are as by hand", (height, weight, age, low, high) => {
    const probabilities = pressureProbabilities(height, weight, age);
    [low, 1 - low - high, high].forEach((probability, i) => {
      expect(probabilities[i]).toBeCloseTo(probability, 12);
    });
  });
});

describe("bloodPressure", () => {
  it("draws a person by the stated distributions", () => {
    // All faces are 0: 150 cm; 24 * 1.5^2 = 54, less 20, kg; 18 years. mean = 118 - 15 + 0.54 * (15.1 - 25) = 97.7
    expect(firstExamples(bloodPressure, 1, () => 0)).toEqual(["150,34,18,low\n"]);
    // Faces 5 and 6: 150 + 4 * 5 cm; 24 * 1.7^2 = 69.4, so 69 - 20 + 4 * 6 kg; 18 + 31 years. mean = 118.9
    expect(firstExamples(bloodPressure, 1, () => 0.5)).toEqual(["170,73,49,normal\n"]);
  });

  it("has each class as often as its probabilities say", () => {
    const differences = [0, 0, 0];
    const variances = [0, 0, 0];
    for (const row of firstExamples(bloodPressure, 5000, uniformNumbers(8))) {
      const { probabilities, pressure } = parsed(row);
      probabilities.forEach((p, c) => {
        differences[c] += (c === pressure ? 1 : 0) - p;
        variances[c] += p * (1 - p);
      });
    }
    differences.forEach((difference, c) => {
      expect(Math.abs(difference)).toBeLessThan(5 * Math.sqrt(variances[c]));
    });
  });

  it("has the best accuracy that the README states: the sum over all persons of p times the largest p", () => {
    let best = 0;
    const ofClass = [0, 0, 0];
    const weights = diceProbabilities(4, 12);
    diceProbabilities(4, 10).forEach((ofHeight, above) => {
      const height = 150 + above;
      weights.forEach((ofWeight, more) => {
        const weight = Math.round((24 * height * height) / 10_000) - 20 + more;
        for (let age = 18; age <= 80; age++) {
          const probability = (ofHeight * ofWeight) / 63;
          const ofPressures = pressureProbabilities(height, weight, age);
          best += probability * Math.max(...ofPressures);
          ofPressures.forEach((p, c) => (ofClass[c] += probability * p));
        }
      });
    });
    expect(best.toFixed(4)).toBe(stated.bestAccuracy.toFixed(4));
    expect(Math.max(...ofClass).toFixed(4)).toBe(stated.commonestClass.toFixed(4));
  });

  it("has a file of which the best classifier is right as often as the README states", () => {
    const rows = rowsOf("blood-pressure.csv").map(parsed);
    const right = rows.filter((row) => row.probabilities[row.pressure] === Math.max(...row.probabilities));
    expect((right.length / rows.length).toFixed(4)).toBe(stated.bestInFile.toFixed(4));
  });
});
