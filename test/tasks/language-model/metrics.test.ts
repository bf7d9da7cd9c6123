import { expect, it } from "vitest";
import { bitsOf } from "../../../src/tasks/language-model/metrics.ts";

it("states nats in bits: one of eight equally likely characters takes 3", () => {
  expect(bitsOf(Math.log(8))).toBeCloseTo(3, 12);
});
