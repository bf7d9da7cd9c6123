import { describe, expect, it } from "vitest";
import { UsageError } from "../../../src/errors.ts";
import { requestedColumns, seriesColumnsOf } from "../../../src/tasks/series/columns.ts";
import { completeOptions } from "../../../src/training/option-checks.ts";
import { type TrainOptions } from "../../../src/training/options.ts";

const columnsWith = (given: Partial<TrainOptions>) =>
  seriesColumnsOf(completeOptions({ task: "series", ...given }));

describe("the columns of a series", () => {
  it("are those of --input, and those that find and order its rows", () => {
    const columns = columnsWith({ input: "price, volume", sequence: "id", order: "day" });
    expect(columns).toMatchObject({ input: ["price", "volume"], sequence: "id", order: "day" });
    expect(requestedColumns(columns)).toEqual(["price", "volume", "id", "day"]);
    expect(requestedColumns(columnsWith({ input: "1,3", order: "2" }))).toEqual(["1", "3", "2"]);
  });

  it.each<[string, Partial<TrainOptions>, string]>([
    ["no --input", {}, "--task series needs --input"],
    ["the same column twice", { input: "1,1" }, "--input names the column 1 twice"],
    ["--embedding", { input: "1", embedding: 3 }, "leave out --embedding"],
  ])("%s is refused", (_, given, message) => {
    expect(() => columnsWith(given)).toThrow(UsageError);
    expect(() => columnsWith(given)).toThrow(message);
  });

  it.each([{ target: "price" }, { group: "id" }, { inputTokens: true }, { bidirectional: true }])(
    "a series has no %o",
    (given) => {
      expect(() => completeOptions({ task: "series", input: "1", ...given })).toThrow("is for --task");
    },
  );
});
