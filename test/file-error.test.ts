import { describe, expect, it } from "vitest";
import { CharrnnError } from "../src/errors.ts";
import { errorCode, fileError } from "../src/file-error.ts";

const failure = (code: string) => Object.assign(new Error(`${code}: something, write`), { code });

describe("fileError", () => {
  it("says what could not be done and what to do", () => {
    const error = fileError("write", "runs/a/latest.json", failure("ENOSPC"));
    expect(error).toBeInstanceOf(CharrnnError);
    expect(error.message).toMatch(/^cannot write runs\/a\/latest\.json: the disk is full; free some space/);
  });

  it("passes the system's words on for a code it does not know", () => {
    expect(fileError("read", "x", failure("EXDEV")).message).toBe("cannot read x: EXDEV: something, write");
  });

  it("leaves a CharrnnError as it is", () => {
    const error = new CharrnnError("already one line");
    expect(fileError("read", "x", error)).toBe(error);
  });
});

describe("errorCode", () => {
  it("is the system's code, and undefined for anything else", () => {
    expect(errorCode(failure("EIO"))).toBe("EIO");
    for (const thrown of [new Error("plain"), "text", undefined, { code: "EIO" }]) {
      expect(errorCode(thrown)).toBeUndefined();
    }
  });
});
