import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { isLocked, lockRun } from "../../src/checkpoint/lock.ts";
import { temporaryFolder } from "./fixture.ts";
import { testsAll } from "../scope.ts";

/** A process that waits for `ask` before it takes the lock of the folder. */
async function startHolder(folder: string) {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", join(import.meta.dirname, "children/hold-lock.ts"), folder],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const line = async () => String((await once(child.stdout, "data"))[0]).trim();
  await line();
  const ask = () => {
    const answer = line();
    child.stdin.write("go\n");
    return answer;
  };
  return { child, ask };
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

describe("lockRun", () => {
  it("gives the run to one at a time", async () => {
    const folder = temporaryFolder();
    const release = await lockRun(folder);
    await expect(lockRun(folder)).rejects.toThrow(`the run ${folder} is in use by process ${process.pid};`);
    release();
    release();
    const again = await lockRun(folder);
    again();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("gives it to one alone of several processes that ask at the same time, and after a kill to the next", async () => {
    const folder = temporaryFolder();
    const holders = await Promise.all(Array.from({ length: 4 }, () => startHolder(folder)));
    const answers = await Promise.all(holders.map(({ ask }) => ask()));
    expect(answers.filter((answer) => answer === "held")).toHaveLength(1);
    const { child } = holders[answers.indexOf("held")];
    for (const answer of answers)
      expect(answer).toMatch(new RegExp(`^held$|in use by process ${child.pid};`));
    await expect(lockRun(folder)).rejects.toThrow(`in use by process ${child.pid};`);
    await kill(child);
    const release = await lockRun(folder);
    expect(readdirSync(folder)).toEqual([".lock-2"]);
    release();
  });

  it("takes a lock over whose pid now belongs to a process that started later", async () => {
    const folder = temporaryFolder();
    const release = await lockRun(folder);
    const holder = JSON.parse(readFileSync(join(folder, ".lock-1"), "utf8")) as Record<string, unknown>;
    release();
    writeFileSync(join(folder, ".lock-7"), JSON.stringify({ ...holder, start: "1" }));
    const next = await lockRun(folder);
    expect(readdirSync(folder)).toEqual([".lock-8"]);
    next();
  });

  it("takes a lock over whose process has just ended", async () => {
    const folder = temporaryFolder();
    const path = join(folder, ".lock-1");
    for (let i = 0; i < (testsAll ? 50 : 8); i++) {
      const child = spawn("true", { stdio: "ignore" });
      writeFileSync(path, JSON.stringify({ pid: child.pid, start: "1", host: hostname() }));
      const ended = once(child, "exit");
      // At whatever moment it ends, it is not the one that claimed.
      for (let look = 0; child.exitCode === null && look < 1000; look++) expect(isLocked(folder)).toBe(false);
      await ended;
    }
  });

  it("leaves a lock alone whose process lives where nothing tells when it started", async () => {
    const folder = temporaryFolder();
    const path = join(folder, ".lock-1");
    writeFileSync(path, JSON.stringify({ pid: process.ppid, start: "", host: hostname() }));
    await expect(lockRun(folder)).rejects.toThrow(`in use by process ${process.ppid};`);
  });

  it.each(["", "{", "null", "[]", '{"pid":"1"}'])(
    "takes a lock over that holds %j, torn by a power failure",
    async (text) => {
      const folder = temporaryFolder();
      writeFileSync(join(folder, ".lock-1"), text);
      const release = await lockRun(folder);
      release();
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  it("leaves the lock of another machine alone and says how to remove it", async () => {
    const folder = temporaryFolder();
    const path = join(folder, ".lock-1");
    writeFileSync(path, JSON.stringify({ pid: 1, start: "1", host: `not-${hostname()}` }));
    await expect(lockRun(folder)).rejects.toThrow(
      `in use by process 1 on not-${hostname()}; wait for it or stop it (if that process no longer exists, delete ${path})`,
    );
  });

  it("says in one line that the folder is not there", async () => {
    await expect(lockRun(join(temporaryFolder(), "none"))).rejects.toThrow(
      /^cannot lock the run .*: no such file/,
    );
  });
});
