import { describe, expect, it } from "vitest";
import { rowsOf, statedSequences } from "./readme.ts";

const stated = statedSequences("dates.tsv");
const rows = rowsOf("dates.tsv").map((row) => row.split("\t"));

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
// prettier-ignore
const ordinals = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
  "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth",
  "nineteenth", "twentieth", "twenty-first", "twenty-second", "twenty-third", "twenty-fourth", "twenty-fifth",
  "twenty-sixth", "twenty-seventh", "twenty-eighth", "twenty-ninth", "thirtieth", "thirty-first"];
// prettier-ignore
const values: Readonly<Record<string, number>> = { one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8,
  nine: 9, ten: 10, eleven: 11, twelve: 12, thirteen: 13, fourteen: 14, fifteen: 15, sixteen: 16, seventeen: 17,
  eighteen: 18, nineteen: 19, twenty: 20, thirty: 30, forty: 40, fifty: 50, sixty: 60, seventy: 70, eighty: 80,
  ninety: 90 };

/** The date that a reader takes a text for. */
function read(text: string): string {
  const words = text.replace(/^the | of|,/g, "").split(" ");
  const [first, second, ...rest] = words;
  const [dayText, monthText] = /^(\d|[a-z])/.test(first) ? [first, second] : [second, first];
  const day = ordinals.includes(dayText) ? ordinals.indexOf(dayText) + 1 : Number.parseInt(dayText);
  const month = months.indexOf(monthText.slice(0, 3).toLowerCase()) + 1;
  return [yearOf(rest), month, day].map((number) => String(number).padStart(2, "0")).join("-");
}

function yearOf(words: readonly string[]): number {
  if (/^\d{4}$/.test(words[0])) return Number(words[0]);
  if (/^\d\d$/.test(words[0])) return Number(words[0]) + (words[0] < "30" ? 2000 : 1900);
  const valueOf = (word: string) => word.split("-").reduce((sum, part) => sum + values[part], 0);
  if (words[1] === "thousand") return 2000 + (words.length > 2 ? valueOf(words[3]) : 0);
  return 100 * valueOf(words[0]) + valueOf(words[1]);
}

describe("dates", () => {
  it("has dates that a reader takes the texts for, so the best accuracy is 1, and none that is a copy", () => {
    expect(read("the third of May 1987")).toBe("1987-05-03");
    expect(read("Dec 12th, 04")).toBe("2004-12-12");
    expect(read("thirty-first March two thousand and nine")).toBe("2009-03-31");
    expect(rows.filter(([text, date]) => read(text) !== date)).toEqual([]);
    expect(stated).toMatchObject({ task: "sequence-to-sequence", best: 1, simpleGuess: 0 });
  });

  it("has only days of the calendar, of every month and every year from 1930 to 2029", () => {
    expect(rows.filter(([, date]) => new Date(date).toISOString().slice(0, 10) !== date)).toEqual([]);
    expect(new Set(rows.map(([, date]) => date.slice(5, 7))).size).toBe(12);
    const years = [...new Set(rows.map(([, date]) => Number(date.slice(0, 4))))];
    expect([years.length, Math.min(...years), Math.max(...years)]).toEqual([100, 1930, 2029]);
  });

  it("writes ordinal numbers and years as English does", () => {
    const texts = rows.map(([text]) => text);
    const numbered = texts.flatMap((text) => [...text.matchAll(/\b(\d+)(st|nd|rd|th)\b/g)]);
    // "first" ends in "st" as "1st" does, and "eleventh" in "th".
    expect(numbered.filter(([, digits, ending]) => !ordinals[Number(digits) - 1].endsWith(ending))).toEqual(
      [],
    );
    expect(new Set(numbered.map(([, digits]) => digits)).size).toBe(31);
    expect(texts.some((text) => text.endsWith("two thousand"))).toBe(true);
    expect(texts.some((text) => text.endsWith("twenty ten"))).toBe(true);
  });
});
