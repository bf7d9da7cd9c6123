import { describe, expect, it } from "vitest";
import { openTrainingDisplay } from "../../../src/cli/display/training-display.ts";
import { endEvent, evalEvent, startEvent, stepEvent } from "../events.ts";
import { fakeTerminal, type FakeTerminal } from "../fake-terminal.ts";
import { screen } from "../screen.ts";

const events = [
  startEvent(),
  stepEvent(10, 3),
  evalEvent(100, 1.5),
  { event: "checkpoint", step: 100, path: "checkpoints/tales-lstm-2x128/best.json" } as const,
  { event: "sample", step: 100, text: "Once upon" } as const,
  { event: "checkpoint", step: 100, path: "checkpoints/tales-lstm-2x128/latest.json" } as const,
  evalEvent(150, 1.6),
  { event: "checkpoint", step: 150, path: "checkpoints/tales-lstm-2x128/latest.json" } as const,
  { event: "sample", step: 160, text: "a time" } as const,
  stepEvent(200, 2),
  evalEvent(200, 1.55),
  endEvent(),
];

async function tell(terminal: FakeTerminal, shape: { json?: boolean; quiet?: boolean }) {
  const report = openTrainingDisplay(terminal, { json: false, quiet: false, ...shape });
  report.note("the byte order mark was dropped");
  report.progress({ phase: "reading", done: 1000, total: 2000 });
  for (const event of events) {
    terminal.time += 1000;
    await report.event(event);
  }
  report.close();
  return terminal;
}

// 1.5, 1.6 and 1.55: the lowest bar, the highest, and the fifth of eight in the middle.
const summary = [
  "finished at step 200 after 3m 05s",
  "losses: 1.5000 ▁█▅ 1.5500",
  expect.stringMatching(/^best: /),
  expect.stringMatching(/^next: /),
];

describe("the report of a run", () => {
  it("is plain lines where standard error is no terminal", async () => {
    const { stdout, stderr } = await tell(fakeTerminal(), {});
    expect(stdout.text).toBe("");
    expect(stderr.text).not.toContain("\x1b");
    expect(stderr.lines.map((line) => line.split(/[: ]/, 2).join(" "))).toEqual([
      "the byte",
      "run tales-lstm-2x128",
      "model ",
      "text ",
      "training ",
      "step 10/200",
      "step 100",
      "Once upon",
      "step 150",
      "step 160",
      "a time",
      "step 200/200",
      "step 200",
      "finished at",
      "losses ",
      "best ",
      "next ",
    ]);
    const validations = stderr.lines.filter((line) => line.includes("validation loss"));
    expect(validations.map((line) => line.endsWith(", the best so far"))).toEqual([true, false, false]);
  });

  it("keeps a status line below the lines on a terminal, and takes it away at the end", async () => {
    const { stderr } = await tell(fakeTerminal({ columns: 60 }), {});
    expect(stderr.text).toContain("loss 3.000");
    expect(stderr.text).toContain("reading 50%");
    const rows = screen(stderr.text, 200).filter((row) => row !== "");
    expect(rows.filter((row) => /^step \d+\//.test(row))).toEqual([]);
    // The line of the best checkpoint is 113 characters long, and goes on in a line of its own.
    expect(rows.slice(-5).join(" ")).toMatch(
      /^finished at .* losses: .* best: .* in validation, at step 150, in \S+ next: /,
    );
  });

  it("has no colour and no status line under NO_COLOR", async () => {
    const { stderr } = await tell(fakeTerminal({ columns: 60, env: { NO_COLOR: "1" } }), {});
    expect(stderr.text).not.toContain("\x1b");
  });

  it("is only the end when quiet", async () => {
    const { stdout, stderr } = await tell(fakeTerminal({ columns: 60 }), { quiet: true });
    expect(stdout.text).toBe("");
    expect(stderr.lines).toEqual(summary);
  });

  it("is the events alone as JSON lines on standard output with --json", async () => {
    const { stdout, stderr } = await tell(fakeTerminal({ columns: 60 }), { json: true });
    expect(stdout.lines.map((line): unknown => JSON.parse(line))).toEqual(events);
    expect(stderr.lines).toEqual(["the byte order mark was dropped"]);
  });

  it("ends with the loss of the last step, however often it was told of", async () => {
    const terminal = fakeTerminal();
    const report = openTrainingDisplay(terminal, { json: false, quiet: true });
    for (const event of [startEvent(), stepEvent(199, 9), stepEvent(200, 2), endEvent({ best: null })]) {
      await report.event(event);
    }
    expect(terminal.stderr.text).toContain("in training: loss 2.0000 ");
  });

  it.each([true, false])(
    "says when a run ended that had ended before, be it quiet or not: %j",
    async (quiet) => {
      const terminal = fakeTerminal();
      await openTrainingDisplay(terminal, { json: false, quiet }).event(endEvent());
      expect(terminal.stderr.text).toBe("finished at step 200 after 3m 05s\n");
    },
  );
});
