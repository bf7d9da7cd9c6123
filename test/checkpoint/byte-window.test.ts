import { createHash } from "node:crypto";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ByteWindow } from "../../src/checkpoint/byte-window.ts";
import { temporaryFolder } from "./fixture.ts";

function windowOver(text: string, length: number, kept: number, chunk: number): ByteWindow {
  const path = join(temporaryFolder(), "bytes");
  writeFileSync(path, text);
  const file = openSync(path, "r");
  onTestFinished(() => {
    closeSync(file);
  });
  return new ByteWindow(file, length, kept, chunk);
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

describe("ByteWindow", () => {
  it("keeps what is unread and reads on behind it", () => {
    const window = windowOver("abcdefgh", 8, 4, 3);
    window.fill();
    expect(window.bytes.toString("latin1", window.position, window.end)).toBe("abc");
    window.position += 2;
    window.fill();
    expect(window.bytes.toString("latin1", window.position, window.end)).toBe("cdef");
    expect(window.offset).toBe(2);
    expect(window.ahead).toBe(6);
  });

  it("ends at its length, not at the end of the file", () => {
    const window = windowOver("abcdefgh", 5, 4, 100);
    expect(window.fill()).toBe(true);
    expect(window.end).toBe(5);
    window.position = 5;
    expect(window.fill()).toBe(false);
  });

  it.each([1, 3, 100])("digests all bytes up to its length once, read or not, %d at a time", (chunk) => {
    const window = windowOver("abcdefgh", 7, 2, chunk);
    window.fill();
    window.position = 1;
    window.fill();
    expect(window.digest()).toBe(sha256("abcdefg"));
  });

  it("notices a file that became shorter", () => {
    const window = windowOver("abc", 5, 4, 100);
    window.fill();
    expect(() => window.fill()).toThrow("it became shorter while it was read");
  });
});
