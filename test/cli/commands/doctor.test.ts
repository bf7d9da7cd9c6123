import { describe, expect, it } from "vitest";
import { doctor, simdOf } from "../../../src/cli/commands/doctor.ts";
import { hurryClock } from "../../fast-clock.ts";
import { fakeTerminal } from "../fake-terminal.ts";
import { screen } from "../screen.ts";

describe("doctor", () => {
  it("tells this machine's Node, and each engine with whether it runs", async () => {
    hurryClock();
    const terminal = fakeTerminal({ columns: 80 });
    await doctor({ json: true }, terminal);
    const machine = JSON.parse(terminal.stdout.text) as {
      node: string;
      threads: number;
      engines: { name: string }[];
    };
    expect(machine.node).toBe(process.versions.node);
    expect(machine.threads).toBeGreaterThanOrEqual(1);
    expect(machine.engines.map(({ name }) => name)).toEqual(["native", "wasm", "reference"]);
    // Meanwhile a line says what it is doing, and is then taken away.
    expect(terminal.stderr.text).toContain("measuring wasm");
    expect(screen(terminal.stderr.text, 80).filter((row) => row.trim() !== "")).toEqual([]);
    expect(terminal.signals.listenerCount("SIGINT")).toBe(0);
  });

  it("says the same as a table for the eye", async () => {
    hurryClock();
    const terminal = fakeTerminal();
    await doctor({}, terminal);
    expect(terminal.stdout.text).toContain(`Node              ${process.versions.node} on`);
    expect(terminal.stdout.text).toMatch(/^engine reference {2}could run: /m);
  });
});

describe("simdOf", () => {
  it("names the vector extensions of x86 and of ARM", () => {
    const features = ["fpu", "avx", "avx2", "fma", "avx512f", "amx_int8"];
    expect(simdOf(features)).toEqual(["AVX", "AVX2", "FMA", "AVX-512", "AMX"]);
    expect(simdOf(["fp", "asimd", "crc32"])).toEqual(["NEON"]);
    expect(simdOf([])).toEqual([]);
  });
});
