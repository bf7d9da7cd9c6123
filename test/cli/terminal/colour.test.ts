import { describe, expect, it } from "vitest";
import { canRedraw, colourOf } from "../../../src/cli/terminal/colour.ts";
import { fakeTerminal } from "../fake-terminal.ts";

const terminal = fakeTerminal({ columns: 80 }).stderr;
const file = fakeTerminal().stderr;

describe("colour and redrawing", () => {
  it.each([
    ["a terminal", terminal, {}, true, true],
    ["a file", file, {}, false, false],
    ["a terminal under NO_COLOR", terminal, { NO_COLOR: "1" }, false, false],
    ["a terminal under an empty NO_COLOR", terminal, { NO_COLOR: "" }, true, true],
    ["a dumb terminal", terminal, { TERM: "dumb" }, false, false],
    ["a file under FORCE_COLOR", file, { FORCE_COLOR: "1" }, true, false],
    ["a terminal under FORCE_COLOR=0", terminal, { FORCE_COLOR: "0" }, false, true],
    ["a terminal under both", terminal, { FORCE_COLOR: "1", NO_COLOR: "1" }, false, false],
  ])("%s", (_name, stream, env, coloured, redrawn) => {
    expect(colourOf(stream, env).red("x") !== "x").toBe(coloured);
    expect(canRedraw(stream, env)).toBe(redrawn);
  });
});
