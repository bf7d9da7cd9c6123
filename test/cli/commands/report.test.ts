import { appendFileSync, existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { lockRun } from "../../../src/checkpoint/lock.ts";
import { report } from "../../../src/cli/commands/report.ts";
import { Interrupted } from "../../../src/cli/terminal/interruption.ts";
import { runOnDisk } from "../../training/run-on-disk.ts";
import { endEvent, evalEvent, startEvent, stepEvent } from "../events.ts";
import { fakeTerminal } from "../fake-terminal.ts";

const out = mkdtempSync(join(tmpdir(), "charrnn-"));
const sample = { event: "sample", step: 150, text: "a sample\u001b[2J of text" };
const events = [
  startEvent(),
  ...Array.from({ length: 20 }, (_, index) => stepEvent(10 * (index + 1), 3 - index / 10)),
  evalEvent(100, 2),
  evalEvent(200, 1.5),
  sample,
  endEvent(),
];
runOnDisk(out, "one", events);
runOnDisk(out, "two", events);

function reloadIn(file: string): unknown {
  const [, reload] = /"reload":(\w+)/.exec(readFileSync(file, "utf8")) ?? [];
  return reload;
}

describe("report", () => {
  it("is text on standard output within the terminal's width", async () => {
    const terminal = fakeTerminal({ columns: 60, env: { NO_COLOR: "1" } });
    await report(["one", "two"], { out }, terminal);
    const { text, lines } = terminal.stdout;
    expect(lines.join(" ")).toContain("one validates best, with 1.5000 nats per character at step 200;");
    expect(text).toContain("two: validation loss");
    expect(text).toContain("charrnn train tales.txt");
    // A model's text sends the terminal no commands.
    expect(text).not.toContain("\u001b");
    // Commands and paths are not cut, so that they can be copied.
    for (const line of lines.filter((own) => !/^(charrnn train|folder) /.test(own))) {
      expect(line.length).toBeLessThanOrEqual(60);
    }
  });

  it("writes a page, and says how it was made", async () => {
    const terminal = fakeTerminal();
    const html = join(out, "page.html");
    await report(["one"], { out, html }, terminal);
    expect(terminal.stdout.text).toBe("");
    expect(terminal.stderr.text).toMatch(/^page: .*page\.html \(\d+ KB\)/);
    expect(readFileSync(html, "utf8")).toContain(`"command":"charrnn report one --html ${html}"`);
    expect(reloadIn(html)).toBe("null");
  });

  it("does not overwrite a file of the run", async () => {
    const html = join(out, "one", "metrics.jsonl");
    await expect(report(["one"], { out, html }, fakeTerminal())).rejects.toThrow(/would overwrite/);
    await expect(report(["one"], { out, watch: true }, fakeTerminal())).rejects.toThrow(/add --html FILE/);
  });

  it("--watch writes the page again with what a run adds, and ends with the run", async () => {
    const folder = runOnDisk(out, "live", events.slice(0, 3));
    const unlock = await lockRun(folder);
    const terminal = fakeTerminal();
    const html = join(out, "live.html");
    const watching = report(["live"], { out, html, watch: true }, terminal);
    await vi.waitFor(() => {
      expect(existsSync(html) && reloadIn(html)).toBe("10");
    }, 10_000);
    expect(readFileSync(html, "utf8")).not.toContain("a later sample");
    appendFileSync(
      join(folder, "metrics.jsonl"),
      `${JSON.stringify({ ...sample, text: "a later sample" })}\n`,
    );
    terminal.time = 60_000;
    await vi.waitFor(() => {
      expect(readFileSync(html, "utf8")).toContain("a later sample");
    }, 10_000);
    expect(reloadIn(html)).toBe("10");
    unlock();
    await watching;
    expect(reloadIn(html)).toBe("null");
  });

  it("--watch ends with Ctrl-C, and leaves a page that does not reload itself", async () => {
    const folder = runOnDisk(out, "stopped", events.slice(0, 3));
    const unlock = await lockRun(folder);
    const terminal = fakeTerminal();
    const html = join(out, "stopped.html");
    const watching = report(["stopped"], { out, html, watch: true }, terminal);
    await vi.waitFor(() => {
      expect(existsSync(html)).toBe(true);
    }, 10_000);
    terminal.signals.emit("SIGINT", "SIGINT");
    const thrown: unknown = await watching.catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(Interrupted);
    expect(thrown).toMatchObject({ exitCode: 130 });
    expect(reloadIn(html)).toBe("null");
    unlock();
  });
});
