import { Readable } from "node:stream";
import fc from "fast-check";
import { expect, it } from "vitest";
import { recode } from "../../src/evaluation/recode.ts";
import { readCorpus } from "../../src/text/corpus.ts";
import { Vocabulary } from "../../src/text/vocabulary.ts";

const vocabulary = Vocabulary.fromJson({ unit: "char", symbols: ["a", "c", null] });

it("recoding a corpus gives what reading it with the vocabulary gives", async () => {
  const reading = (text: string) => ({ unit: "char", stdin: Readable.from([Buffer.from(text)]) }) as const;
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: fc.constantFrom("a", "b", "c", "é"), minLength: 1 }), async (text) => {
      const recoded = recode(await readCorpus(["-"], reading(text)), vocabulary);
      const read = await readCorpus(["-"], { ...reading(text), vocabulary });
      const indices = (symbols: typeof read.symbols) =>
        Array.from({ length: symbols.length }, (_, i) => symbols.at(i));
      expect(indices(recoded.symbols)).toEqual(indices(read.symbols));
      expect(recoded).toMatchObject({ unknown: read.unknown, bytes: read.bytes, sha256: read.sha256 });
    }),
    // Each reading makes a table of all code points.
    { numRuns: 10 },
  );
});

it("recoding a long corpus works in pieces", async () => {
  const stdin = Readable.from([Buffer.from("ab".repeat(100_000))]);
  const { symbols, unknown } = recode(await readCorpus(["-"], { unit: "char", stdin }), vocabulary);
  expect([symbols.length, unknown]).toEqual([200_000, 100_000]);
  expect([65_535, 65_536, 199_999].map((position) => symbols.at(position))).toEqual([2, 0, 2]);
});
