import { expect } from "vitest";
import { type Values } from "./oracle.ts";

/** |ours - torch's| / |torch's|, in Euclidean norms. */
export function distance(ours: Values, torchs: Values): number {
  expect(ours.shape).toEqual(torchs.shape);
  expect(ours.data.length).toBe(torchs.data.length);
  const expected = Array.from(torchs.data);
  return Math.hypot(...expected.map((x, i) => ours.data[i] - x)) / Math.hypot(...expected);
}

/** The distance of every tensor, by name. */
export function distances(ours: ReadonlyMap<string, Values>, torchs: Readonly<Record<string, Values>>) {
  expect([...ours.keys()].sort()).toEqual(Object.keys(torchs).sort());
  return new Map([...ours].map(([name, values]) => [name, distance(values, torchs[name])]));
}
