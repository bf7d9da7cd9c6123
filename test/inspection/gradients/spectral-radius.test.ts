import { describe, expect, it } from "vitest";
import { spectralRadii, spectralRadius } from "../../../src/inspection/gradients/spectral-radius.ts";
import { initialParameters } from "../../../src/model/initialization.ts";
import { parameterShapes } from "../../../src/model/shapes.ts";
import { Random } from "../../../src/random.ts";
import { charactersOf, randomModel, sizesOf } from "../../model/fixture.ts";

const radiusOf = (...rows: number[][]) => spectralRadius(Float64Array.from(rows.flat()), rows.length);

describe("the spectral radius", () => {
  it("is the largest absolute value of a real eigenvalue", async () => {
    expect(await radiusOf([-3])).toBe(3);
    // Triangular: the eigenvalues are the diagonal.
    expect(await radiusOf([1, 100, 7], [0, -2, 50], [0, 0, 0.5])).toBeCloseTo(2, 12);
    // (2 - x)(3 - x) - 2 = x^2 - 5 x + 4 has the roots 1 and 4.
    expect(await radiusOf([2, 1], [2, 3])).toBeCloseTo(4, 12);
    expect(await radiusOf([0, 0], [0, 0])).toBe(0);
  });

  it("is the absolute value of complex eigenvalues, with which a power iteration goes in circles", async () => {
    // A rotation by 90 degrees that stretches by 0.7.
    expect(await radiusOf([0, -0.7], [0.7, 0])).toBeCloseTo(0.7, 12);
    // A cyclic permutation, whose eigenvalues are the fifth roots of 1. The usual shifts do not find them.
    const cycle = Array.from({ length: 5 }, (_, i) =>
      Array.from({ length: 5 }, (_, j) => (j === (i + 1) % 5 ? 1 : 0)),
    );
    expect(await radiusOf(...cycle)).toBeCloseTo(1, 12);
  });

  it("is that of the roots of a polynomial, by its companion matrix", async () => {
    // (x - 1)(x + 2)(x^2 + 9) = x^4 + x^3 + 7 x^2 + 9 x - 18 has the roots 1, -2, 3i and -3i.
    const companion = [
      [-1, -7, -9, 18],
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
    ];
    expect(await radiusOf(...companion)).toBeCloseTo(3, 10);
  });

  it("grows the norms of powers: |A^1024|^(1/1024) is near it (Gelfand)", async () => {
    const n = 20;
    const random = Random.of(5);
    const matrix = Float64Array.from({ length: n * n }, () => random.next() - 0.5);
    const radius = await spectralRadius(matrix.slice(), n);
    let power = matrix.map((value) => value / radius);
    for (let square = 0; square < 10; square++) {
      const next = new Float64Array(n * n);
      for (let i = 0; i < n * n; i++) {
        for (let k = 0; k < n; k++) next[i] += power[Math.floor(i / n) * n + k] * power[k * n + (i % n)];
      }
      power = next;
    }
    // A power of a matrix of radius 1 is neither 0 nor endless.
    expect(Math.hypot(...power) ** (1 / 1024)).toBeCloseTo(1, 2);
  });

  it("is not a number for a matrix that is not finite", async () => {
    expect(await radiusOf([1, Infinity], [0, 1])).toBeNaN();
  });

  it("is 1 for each gate of orthogonal weights, layer by layer", async () => {
    const { model } = randomModel(charactersOf("ab"), { cell: "lstm", hidden: 6, layers: 2 });
    const init = { init: "orthogonal", initRange: 0, forgetBias: 1 } as const;
    const shapes = parameterShapes(model, sizesOf(2));
    const values = await initialParameters(model, sizesOf(2), init, Random.of(1));
    const parameters = new Map(
      [...values].map(([name, data]) => [
        name,
        { shape: shapes.get(name) ?? [], dtype: "float32" as const, data },
      ]),
    );
    const radii = await spectralRadii({ model, parameters });
    expect(radii.map(({ layer, gate }) => `${gate} ${layer}`)).toEqual(
      [0, 1].flatMap((layer) => ["input", "forget", "cell", "output"].map((gate) => `${gate} ${layer}`)),
    );
    for (const { radius } of radii) expect(radius).toBeCloseTo(1, 5);
  });

  it("is not there for cells without recurrent weights", async () => {
    expect(await spectralRadii(randomModel(charactersOf("ab"), { cell: "mingru" }))).toEqual([]);
  });
});
