import { expect, it } from "vitest";
import { flagOf } from "../../src/training/options.ts";

it("a flag writes camel case with hyphens", () => {
  expect([flagOf("lr"), flagOf("seqLength"), flagOf("minLr")]).toEqual(["--lr", "--seq-length", "--min-lr"]);
});
