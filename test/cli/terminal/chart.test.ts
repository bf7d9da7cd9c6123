import { Chalk } from "chalk";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { logChart } from "../../../src/cli/terminal/chart.ts";

const plain = new Chalk({ level: 0 });

describe("a chart on a logarithmic axis", () => {
  it("draws a power of ten for each row, and a straight line for an exponential", () => {
    // 10^0 to 10^-4 in 5 rows and 25 columns: a row for each 6 columns.
    const values = Array.from({ length: 25 }, (_, x) => 10 ** (-x / 6));
    const series = [{ name: "falls", marker: "F", values }];
    const lines = logChart(series, { colour: plain, columns: 32, rows: 8, xLabel: "lag" });
    const rows = lines.slice(0, 5).map((line) => line.slice(line.search(/[┤│]/) + 1));
    // The middle of each row is the column of its power of ten.
    rows.forEach((row, power) => {
      const columns = row.split(/(?:)/u).flatMap((character, column) => (character === "F" ? [column] : []));
      expect(Math.abs(columns[Math.floor(columns.length / 2)] - 6 * power)).toBeLessThanOrEqual(3);
    });
    expect(lines[5]).toMatch(/^ +└─+$/);
    expect(lines[6].trim()).toMatch(/^0 +12 +lag 24$/);
    expect(lines[7]).toBe("F falls");
  });

  it("fits into the terminal, and keeps curves apart without colour where they meet", () => {
    const values = Array.from({ length: 101 }, () => 1);
    const series = ["R", "L"].map((marker) => ({ name: `curve ${marker}`, marker, values }));
    for (const columns of [40, 80, 200]) {
      const lines = logChart(series, { colour: plain, columns, xLabel: "lag" });
      for (const line of lines) expect(stringWidth(line)).toBeLessThan(columns);
      expect(lines[0]).toMatch(/(RL){10}/);
    }
  });

  it("colours each curve", () => {
    const series = ["R", "L"].map((marker, i) => ({ name: "x", marker, values: [1, 10 ** -i] }));
    const text = logChart(series, { colour: new Chalk({ level: 1 }), columns: 40, xLabel: "x" }).join("\n");
    expect(text).toContain("\u001b[36mR");
    expect(text).toContain("\u001b[33mL");
  });

  it("leaves out what cannot be drawn", () => {
    const options = { colour: plain, columns: 40, xLabel: "x" };
    expect(logChart([{ name: "n", marker: "N", values: [0, NaN, Infinity] }], options)).toEqual([
      "(nothing to draw: all values are 0 or no numbers)",
    ]);
    expect(logChart([{ name: "n", marker: "N", values: [1, 0, NaN] }], options)[0]).toMatch(/N/);
  });
});
