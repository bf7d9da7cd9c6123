import { describe, expect, it } from "vitest";
import { drawUnit } from "../../../src/text/grammar/generate.ts";
import { uniformNumbers } from "../../../src/text/grammar/random.ts";
import { tales } from "../../../src/text/grammar/tales.ts";

const uniform = uniformNumbers(31);
const units = Array.from({ length: 300 }, () => drawUnit(tales, uniform).text);
const paragraphs = units.flatMap((unit) => unit.trimEnd().split("\n"));
/** Everything outside quotation marks. */
const narration = paragraphs.map((paragraph) => paragraph.replaceAll(/"[^"]*"/g, '""')).join("\n");

describe("tales", () => {
  it("end with one empty line", () => {
    for (const unit of units) expect(unit).toMatch(/^[^\n]+(\n[^\n]+)+\n\n$/);
  });

  it("close every quotation mark before the paragraph ends", () => {
    for (const paragraph of paragraphs) expect(paragraph.split('"').length % 2).toBe(1);
  });

  it("end each speech with the mark that its verb of saying asks for", () => {
    const ends = paragraphs
      .flatMap((paragraph) => paragraph.match(/[^"]" \w+/g) ?? [])
      .filter((end) => !end.startsWith(" "));
    expect(new Set(ends)).toEqual(new Set(['," said', '?" asked', '!" cried']));
  });

  it("close every clause set off by a comma, and give its subject a verb and things that agree", () => {
    const subjects = narration.match(/\w+(?: of \w+)?, who [^,.\n]*, \w+ \w+/g) ?? [];
    expect(subjects.length).toBeGreaterThan(1000);
    for (const subject of subjects) {
      const noun = subject.replace(/\W.*/, "");
      const [verb, object] = subject.slice(subject.lastIndexOf(",") + 2).split(" ");
      const agreement = agreements.find(({ nouns }) => nouns.test(noun));
      expect(agreement, noun).toBeDefined();
      if (verb === "was" || verb === "were") expect(verb).toBe(agreement?.was);
      if (/^(his|her|their)$/.test(object)) expect(object).toBe(agreement?.possessive);
    }
  });

  it("nest relative clauses, the deeper the rarer", () => {
    const count = (pattern: RegExp) => narration.match(pattern)?.length ?? 0;
    const [one, two, three] = [/ who [^.,]*/g, / who [^.,]* who [^.,]*/g, / who [^.,]* who [^.,]* who /g].map(
      count,
    );
    expect(three).toBeGreaterThan(0);
    expect(two).toBeGreaterThan(3 * three);
    expect(one).toBeGreaterThan(3 * two);
  });
});

const agreements = [
  { nouns: /^([A-Z][a-z]*o|fox|king|miller|boy|smith|bear|monk|toad)$/, was: "was", possessive: "his" },
  { nouns: /^([A-Z][a-z]*a|queen|girl|witch|hen|cat|nurse|widow|goose)$/, was: "was", possessive: "her" },
  { nouns: /^(wolves|bees|twins|sisters|ravens|judges|robbers|sheep)$/, was: "were", possessive: "their" },
];
