import { choose, roll, wholeNumber, type Dice } from "./dice.ts";
import { independent, type GeneratedTable } from "./table.ts";

/** The classes, in the order of their probabilities. */
export const PRESSURES = ["low", "normal", "high"] as const;

/** Centimetres above the smallest height. */
const HEIGHT: Dice = { count: 4, highest: 10 };
const SMALLEST = 150;

/** Kilograms more or less than those of a body mass index of 24. */
const WEIGHT: Dice = { count: 4, highest: 12 };
const MOST_BELOW = 20;

const YOUNGEST = 18;
const OLDEST = 80;

/** Millimetres of mercury. */
const LOW_BELOW = 108;
const HIGH_FROM = 132;
const SPREAD = 4;

/**
 * The probabilities of a low, a normal and a high pressure of a person. The pressure p is a number that the table does
 * not show, only its class: low below 108, high from 132 on. Its distribution is logistic with the scale 4:
 *
 *     mean(p) = 118 + 0.5 (age - 48) + 0.03 age (bmi - 25),   bmi = weight / height^2 in kg and m
 *     P(p < x) = 1 / (1 + exp(-(x - mean(p)) / 4))
 *
 * @param height in cm
 * @param weight in kg
 * @param age in years
 */
export function pressureProbabilities(height: number, weight: number, age: number): [number, number, number] {
  const bodyMassIndex = weight / (height / 100) ** 2;
  const mean = 118 + 0.5 * (age - 48) + 0.03 * age * (bodyMassIndex - 25);
  const below = (pressure: number) => 1 / (1 + Math.exp(-(pressure - mean) / SPREAD));
  const low = below(LOW_BELOW);
  const lowOrNormal = below(HIGH_FROM);
  return [low, lowOrNormal - low, 1 - lowOrNormal];
}

/**
 * Adults of 18 to 80 years, their size, and whether their blood pressure is low, normal or high. Ages are equally
 * likely. The height is 150 cm plus four dice from 0 to 10. The weight is the weight at a body mass index of 24, less
 * 20 kg, plus four dice from 0 to 12.
 */
export const bloodPressure: GeneratedTable = {
  name: "blood-pressure",
  header: "height_cm,weight_kg,age,pressure",
  length: 3000,
  examples: independent((uniform) => {
    const height = SMALLEST + roll(HEIGHT, uniform);
    const weight = usualWeight(height) - MOST_BELOW + roll(WEIGHT, uniform);
    const age = wholeNumber(YOUNGEST, OLDEST, uniform);
    const pressure = PRESSURES[choose(pressureProbabilities(height, weight, age), uniform)];
    return `${height},${weight},${age},${pressure}\n`;
  }),
};

/** The weight in kg of a body mass index of 24, rounded. */
function usualWeight(height: number): number {
  return Math.round((24 * height * height) / 10_000);
}
