import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Hypothesis } from "../../src/inspection/hypotheses.ts";
import { controlTask, Probe } from "../../src/inspection/probe.ts";
import { Random } from "../../src/random.ts";

const hypothesis = (measure: Hypothesis["measure"], values: ArrayLike<number>): Hypothesis => ({
  name: "a hypothesis",
  measure,
  values: Float32Array.from(values),
});
const noise = (length: number, random: Random) => Float32Array.from({ length }, () => random.next() - 0.5);

describe("a probe", () => {
  it("solves the ridge regression", () => {
    // Train, 4 places: u = 1 1 -1 -1 and w = 3 1 -1 -3. Means 0, variances 1 and 5: z1 = u, z2 = w / sqrt(5).
    // y = 3 1 0 0 less the mean 1: 2 0 -1 -1. z1'y / 4 = 1; z2'y / 4 = (6 + 1 + 3) / (4 sqrt(5)) = 2.5 / sqrt(5).
    // z1'z2 / 4 = 8 / (4 sqrt(5)) = 2 / sqrt(5). With ridge 1: [2, 2/sqrt(5); 2/sqrt(5), 2] v = (1, 2.5/sqrt(5)).
    // Determinant 4 - 4/5 = 3.2. v1 = (2 - 5/5) / 3.2 = 1 / 3.2; v2 = (5/sqrt(5) - 2/sqrt(5)) / 3.2 = 3 / (3.2 sqrt(5)).
    // The prediction is, times 3.2: u + 3/5 w, so 5 u + 3 w has its order and its correlation.
    // Test, 4 places: u = 1 0 0 -1, w = 0 1 -1 2: 5 3 -3 1, mean 1.5: 3.5 1.5 -4.5 -.5, squares 35.
    // y = 1 1 0 0, mean .5: .5 .5 -.5 -.5: 1.75 + .75 + 2.25 + .25 = 5, squares 1. Correlation 5 / sqrt(35).
    const units = [Float32Array.of(1, 1, -1, -1, 1, 0, 0, -1), Float32Array.of(3, 1, -1, -3, 0, 1, -1, 2)];
    const probe = new Probe(units, { start: 0, end: 4 }, { start: 4, end: 8 }, { ridge: 1 });
    expect(probe.heldOut(hypothesis("correlation", [3, 1, 0, 0, 1, 1, 0, 0]))).toBeCloseTo(
      5 / Math.sqrt(35),
      6,
    );
  });

  it("finds a sum of units, also from units that copy each other and a constant one", () => {
    const random = Random.of(1);
    const [a, b, c] = [noise(2000, random), noise(2000, random), noise(2000, random)];
    const units = [a, b, c, a, new Float32Array(2000).fill(0.3)];
    const probe = new Probe(units, { start: 0, end: 1000 }, { start: 1000, end: 2000 });
    const sum = a.map((value, i) => 3 * value - b[i] + 100);
    expect(probe.heldOut(hypothesis("correlation", sum))).toBeGreaterThan(0.9999);
    // None of the units alone tells whether a > b.
    expect(
      probe.heldOut(
        hypothesis(
          "auc",
          a.map((value, i) => (value > b[i] ? 1 : 0)),
        ),
      ),
    ).toBeGreaterThan(0.99);
  });

  it("of noise is near the middle", () => {
    const random = Random.of(2);
    const units = Array.from({ length: 10 }, () => noise(4000, random));
    const probe = new Probe(units, { start: 0, end: 2000 }, { start: 2000, end: 4000 });
    const other = noise(4000, random);
    // Standard deviations: 2000^-.5 = .022; sqrt(2001 / (12 * 1000 * 1000)) = .013.
    expect(Math.abs(probe.heldOut(hypothesis("correlation", other)))).toBeLessThan(0.07);
    const ones = hypothesis(
      "auc",
      other.map((value) => (value > 0 ? 1 : 0)),
    );
    expect(Math.abs(probe.heldOut(ones) - 0.5)).toBeLessThan(0.04);
  });

  it("reads as many places as it may, evenly spread", () => {
    // Of 8 places it reads 0, 2, 4 and 6. The unit is y there, and 0 between.
    const y = [1, 1, 4, 4, 2, 2, 8, 8];
    const unit = Float32Array.from([...y, ...y], (value, i) => (i % 2 === 0 ? value : 0));
    const [trainOn, testOn] = [
      { start: 0, end: 8 },
      { start: 8, end: 16 },
    ];
    const values = hypothesis("correlation", [...y, ...y]);
    expect(new Probe([unit], trainOn, testOn, { most: 4 }).heldOut(values)).toBeCloseTo(1, 6);
    // At all places: means 3.75 and 1.875. Sums: y x 85 - 8 * 3.75 * 1.875 = 28.75; y y 170 - 8 * 3.75^2 = 57.5;
    // x x 85 - 8 * 1.875^2 = 56.875.
    const everywhere = new Probe([unit], trainOn, testOn).heldOut(values);
    expect(everywhere).toBeCloseTo(28.75 / Math.sqrt(57.5 * 56.875), 6);
  });

  it("has no score if the hypothesis has one value only in a range", () => {
    const unit = Float32Array.of(1, 2, 3, 4);
    const probe = new Probe([unit], { start: 0, end: 2 }, { start: 2, end: 4 });
    expect(probe.heldOut(hypothesis("auc", [0, 0, 0, 1]))).toBeNaN();
    expect(probe.heldOut(hypothesis("auc", [0, 1, 0, 0]))).toBeNaN();
    expect(probe.heldOut(hypothesis("auc", [0, 1, 0, 1]))).toBe(1);
  });
});

describe("the control task", () => {
  const anyText = fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 60 });

  it("gives each pair of characters one value; values are those of the hypothesis", () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom("auc", "correlation"), fc.nat(), (characters, measure, seed) => {
        const values = characters.map((_, i) => (measure === "auc" ? i % 2 : i % 7));
        const task = controlTask(characters, hypothesis(measure, values), seed);
        const known = new Map<string, number>();
        characters.forEach((character, i) => {
          const pair = `${i > 0 ? characters[i - 1] : "start"} ${character}`;
          expect(task.values[i]).toBe(known.get(pair) ?? task.values[i]);
          known.set(pair, task.values[i]);
          expect(values).toContain(task.values[i]);
        });
        expect(task.measure).toBe(measure);
        expect(task).toEqual(controlTask(characters, hypothesis(measure, values), seed));
      }),
    );
  });

  it("has as many ones as the hypothesis, as far as pairs fit", () => {
    // A pair without ones occurs more often than there are ones missing.
    fc.assert(
      fc.property(anyText, fc.nat(), (characters, seed) => {
        const values = characters.map((_, i) => (i % 3 === 0 ? 1 : 0));
        const task = controlTask(characters, hypothesis("auc", values), seed);
        const ones = (labels: ArrayLike<number>) => Array.from(labels).reduce((sum, label) => sum + label, 0);
        const counts = new Map<string, { count: number; label: number }>();
        characters.forEach((character, i) => {
          const pair = `${i > 0 ? characters[i - 1] : "start"} ${character}`;
          counts.set(pair, { count: (counts.get(pair)?.count ?? 0) + 1, label: task.values[i] });
        });
        const missing = ones(values) - ones(task.values);
        expect(missing).toBeGreaterThanOrEqual(0);
        for (const { count, label } of counts.values())
          if (label === 0) expect(count).toBeGreaterThan(missing);
      }),
    );
  });

  it("differs from seed to seed", () => {
    const characters = Array.from("the quick brown fox jumps over the lazy dog");
    const values = hypothesis(
      "auc",
      characters.map((_, i) => i % 2),
    );
    const labels = [1, 2, 3].map((seed) => controlTask(characters, values, seed).values.join(""));
    expect(new Set(labels).size).toBe(3);
  });

  it("cannot be learnt from the characters of a text of many pairs", () => {
    // 500 characters make 250,000 pairs: those of the second half are new. Each character has 20 random activations.
    const random = Random.of(3);
    const characters = Array.from({ length: 4000 }, () =>
      String.fromCodePoint(0x400 + Math.floor(random.next() * 500)),
    );
    const table = Array.from({ length: 20 }, () => noise(500, random));
    const units = table.map((row) =>
      Float32Array.from(characters, (character) => row[character.charCodeAt(0) - 0x400]),
    );
    const inside = hypothesis(
      "auc",
      characters.map((_, i) => (i % 40 < 20 ? 1 : 0)),
    );
    const probe = new Probe(units, { start: 0, end: 2000 }, { start: 2000, end: 4000 });
    // An AUC of 1000 ones and 1000 zeros has a standard deviation of .013.
    expect(Math.abs(probe.heldOut(controlTask(characters, inside, 4)) - 0.5)).toBeLessThan(0.04);
  });
});
