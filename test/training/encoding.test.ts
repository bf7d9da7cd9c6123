import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readCheckpoint } from "../../src/checkpoint/read.ts";
import { resume } from "../../src/training/resume.ts";
import { train } from "../../src/training/train.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";
import { bitsOf, corpusIn, eventsOf, tiny, wordsOf } from "./fixture.ts";

/** Words with letters that windows-1252 has in one byte and UTF-8 in two. */
const accented = wordsOf(1200).replaceAll("a", "\u00e9").replaceAll("o", "\u00fc");

/** The same corpus in UTF-8 and in windows-1252, and a place for runs. */
function corpora() {
  const out = temporaryFolder();
  const latin1 = join(out, "latin1.txt");
  writeFileSync(latin1, Buffer.from(accented, "latin1"));
  return { out, utf8: corpusIn(out, accented, "utf8.txt"), latin1 };
}

it("trains on a text in another encoding as on its translation, and resumes in the same way", async () => {
  const { out, utf8, latin1 } = corpora();
  const latest = (name: string) => readCheckpoint(join(out, name, "latest.json"));
  await eventsOf(train([utf8], { ...tiny, out, steps: 6, name: "utf8" }));
  await eventsOf(train([latin1], { ...tiny, out, steps: 3, name: "latin1", encoding: "latin1" }));
  expect(latest("latin1").training?.options).toMatchObject({ encoding: "windows-1252" });
  await eventsOf(resume("latin1", [], { out, steps: 6 }));
  expect(latest("latin1").vocabulary).toEqual(latest("utf8").vocabulary);
  expect(bitsOf(latest("latin1"))).toEqual(bitsOf(latest("utf8")));

  // Any name of the same encoding is the same.
  const events = await eventsOf(resume("latin1", [], { out, steps: 7, encoding: "ISO-8859-1" }));
  expect(events.at(-1)).toMatchObject({ reason: "finished", step: 7 });
  await expect(eventsOf(resume("latin1", [], { out, encoding: "windows-1251" }))).rejects.toThrow(
    "--encoding windows-1251 contradicts the run, which has windows-1252: leave out --encoding",
  );
});

it("is told which encoding the text probably has", async () => {
  const { out, latin1 } = corpora();
  await expect(eventsOf(train([latin1], { ...tiny, out }))).rejects.toThrow(
    "it is probably windows-1252: give --encoding windows-1252, or model raw bytes (train --unit byte)",
  );
});

it("has no encoding to give to bytes", async () => {
  const { out, latin1 } = corpora();
  const options = { ...tiny, out, unit: "byte", encoding: "latin1" } as const;
  await expect(eventsOf(train([latin1], options))).rejects.toThrow(
    "--encoding windows-1252 is for characters, and the unit here is the byte: leave out --encoding",
  );
});
