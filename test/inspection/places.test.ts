import { expect, it } from "vitest";
import { extremePlaces } from "../../src/inspection/places.ts";

it("finds the highest and the lowest places, each at least 40 characters from the others", () => {
  const values = new Float32Array(200);
  [values[10], values[30], values[60], values[150], values[151]] = [0.9, 0.8, 0.7, -0.5, -0.6];
  const { highest, lowest } = extremePlaces(values, 2);
  // Place 30 is too near to place 10.
  expect(highest.map(({ position }) => position)).toEqual([10, 60]);
  expect(highest[0].activation).toBeCloseTo(0.9, 6);
  expect(lowest[0].position).toBe(151);
  expect(lowest).toHaveLength(2);
});
