import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runs } from "../../../src/cli/commands/runs.ts";
import { endEvent, evalEvent, startEvent } from "../events.ts";
import { fakeTerminal } from "../fake-terminal.ts";

const out = mkdtempSync(join(tmpdir(), "charrnn-"));
for (const [name, start] of [
  ["older", "2026-05-01T12:00:00.000Z"],
  ["newer", "2026-05-02T12:00:00.000Z"],
] as const) {
  mkdirSync(join(out, name));
  writeFileSync(join(out, name, "options.json"), JSON.stringify({ start }));
  const lines = [startEvent(), evalEvent(150, 1.5), endEvent()].map((event) => JSON.stringify(event));
  writeFileSync(join(out, name, "metrics.jsonl"), `${lines.join("\n")}\n`);
}

describe("runs", () => {
  it("is a table on standard output, the newest run first", async () => {
    const terminal = fakeTerminal();
    await runs({ out }, terminal);
    const rows = terminal.stdout.lines.map((line) => line.split(/ {2,}/));
    const cells = ["lstm 2x128", "235k", "200/200", "1.5000"];
    expect(rows[0].slice(0, 5)).toEqual(["run", "model", "parameters", "step", "best"]);
    expect(rows[1].slice(0, 5)).toEqual(["newer", ...cells]);
    expect(rows[2].slice(0, 5)).toEqual(["older", ...cells]);
    expect(rows[1].slice(-2)).toEqual(["finished", "2026-05-02 12:00"]);
  });

  it("fits a narrow terminal", async () => {
    const terminal = fakeTerminal({ columns: 30, env: { NO_COLOR: "1" } });
    await runs({ out }, terminal);
    for (const line of terminal.stdout.lines) expect(line.length).toBeLessThanOrEqual(30);
  });

  it("leaves out whole columns before it cuts one", async () => {
    const terminal = fakeTerminal({ columns: 60, env: { NO_COLOR: "1" } });
    await runs({ out }, terminal);
    // Widths 5, 10, 7, 6, 8 and four gaps of 2 make 44; the start, 16 and a gap more, would be 62.
    expect(terminal.stdout.lines[0]).toBe("run    model          step    best  status");
    expect(terminal.stdout.lines[1]).toBe("newer  lstm 2x128  200/200  1.5000  finished");
  });

  it("shortens names before numbers", async () => {
    const terminal = fakeTerminal({ columns: 46, env: { NO_COLOR: "1" } });
    const named = mkdtempSync(join(tmpdir(), "charrnn-"));
    const name = "a-name-of-twenty-two-x";
    mkdirSync(join(named, name));
    writeFileSync(join(named, name, "options.json"), '{"start":"2026-05-01T12:00:00.000Z"}');
    const lines = [startEvent(), evalEvent(150, 1.5), endEvent()].map((event) => JSON.stringify(event));
    writeFileSync(join(named, name, "metrics.jsonl"), `${lines.join("\n")}\n`);
    await runs({ out: named }, terminal);
    // Widths 7, 6 and 8 and three gaps of 2 leave 19 of 46 columns.
    expect(terminal.stdout.lines).toEqual([
      "run                     step    best  status",
      "a-name-of-twenty-t…  200/200  1.5000  finished",
    ]);
  });

  it("is one array with --json, empty where there are no runs", async () => {
    const terminal = fakeTerminal();
    await runs({ out, json: true }, terminal);
    expect(JSON.parse(terminal.stdout.text)).toMatchObject([{ name: "newer" }, { name: "older" }]);
    const empty = fakeTerminal();
    await runs({ out: join(out, "nothing"), json: true }, empty);
    expect(empty.stdout.text).toBe("[]\n");
  });

  it("says what to type where there are no runs", async () => {
    const terminal = fakeTerminal();
    await runs({ out: join(out, "nothing") }, terminal);
    expect(terminal.stdout.text).toBe("");
    expect(terminal.stderr.text).toContain("charrnn train");
  });
});
