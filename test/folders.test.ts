import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeFolder, makeFolders } from "../src/folders.ts";
import { temporaryFolder } from "./checkpoint/fixture.ts";

it("a folder is made once", () => {
  const folder = join(temporaryFolder(), "a");
  expect([makeFolder(folder), makeFolder(folder)]).toEqual([true, false]);
});

it("those above a folder are made with it, each with the mode that is asked for", () => {
  const above = join(temporaryFolder(), "a");
  makeFolders(join(above, "b"), 0o700);
  for (const folder of [above, join(above, "b")]) expect(statSync(folder).mode & 0o777).toBe(0o700);
  makeFolders(join(above, "b"));
});

it("what is in the way is told in one line", () => {
  const file = join(temporaryFolder(), "file");
  writeFileSync(file, "");
  expect(() => {
    makeFolders(join(file, "a"));
  }).toThrow(/^cannot make the folder .*: a part of the path is a file, not a folder/);
});

it.skipIf(!existsSync("/proc"))("where no folder can be made it returns all the same", () => {
  expect(() => {
    makeFolders("/proc/a/b");
  }).toThrow(/^cannot make the folder \/proc\/a: /);
});
