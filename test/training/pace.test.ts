import { expect, it, vi } from "vitest";
import { Pace } from "../../src/training/pace.ts";

it("counts the symbols a second of updates, and leaves out what comes between them", () => {
  const clock = vi.spyOn(performance, "now").mockReturnValue(1000);
  const pace = new Pace();
  const at = (milliseconds: number, what: () => void) => {
    clock.mockReturnValue(milliseconds);
    what();
  };
  at(2000, () => {
    pace.begin();
  });
  at(2100, () => {
    pace.count(50);
  });
  // The next update was handed over already: its time begins where the last one ended.
  at(2300, () => {
    pace.count(100);
  });
  // A validation, then another update.
  at(9000, () => {
    pace.begin();
  });
  at(9100, () => {
    pace.count(50);
  });
  // 200 symbols in 100 + 200 + 100 ms.
  expect(pace.take()).toBeCloseTo(500, 9);
  at(9200, () => {
    pace.count(10);
  });
  expect(pace.take()).toBeCloseTo(100, 9);
  clock.mockRestore();
});
