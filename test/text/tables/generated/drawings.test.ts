import { describe, expect, it } from "vitest";
import { uniformNumbers } from "../../../../src/text/grammar/random.ts";
import { drawings } from "../../../../src/text/tables/generated/drawings.ts";
import { firstExamples } from "./first-examples.ts";
import { commonestAnswers, readmeSays, rowsOf, statedSequences } from "./readme.ts";

const stated = statedSequences("drawings.csv");
const examples = firstExamples(drawings, 5000, uniformNumbers(3)).map((line) => {
  const cells = line.trimEnd().split(",");
  const points = cells.slice(0, 64).join("");
  return { rows: Array.from({ length: 8 }, (_, y) => points.slice(8 * y, 8 * y + 8)), caption: cells[64] };
});

const names: Readonly<Record<string, string>> = {
  "1": "a dot",
  "11 11": "a small square",
  "111 111 111": "a big square",
  "111 101 111": "a ring",
  "010 111 010": "a cross",
  "111": "a wide bar",
  "1 1 1": "a tall bar",
};

/** The name of what is drawn, without the empty rows and columns around it. */
function nameOf(rows: readonly string[]): string {
  const drawn = rows.filter((row) => row.includes("1"));
  const left = Math.min(...drawn.map((row) => row.indexOf("1")));
  const right = Math.max(...drawn.map((row) => row.lastIndexOf("1")));
  return names[drawn.map((row) => row.slice(left, right + 1)).join(" ")];
}

/** The caption that a reader of the drawing gives by the rules that the README states. */
function captionOf(rows: readonly string[]): string {
  const top = rows.slice(0, 4);
  const bottom = rows.slice(4);
  const isDrawn = (part: readonly string[]) => part.some((row) => row.includes("1"));
  if (isDrawn(top) && isDrawn(bottom)) return `${nameOf(top)} above ${nameOf(bottom)}`;
  const where = isDrawn(top) ? "top" : "bottom";
  const left = rows.map((row) => row.slice(0, 4));
  const right = rows.map((row) => row.slice(4));
  if (isDrawn(left) && isDrawn(right)) return `${nameOf(left)} left of ${nameOf(right)} at the ${where}`;
  return `${nameOf(rows)} at the ${where} ${isDrawn(left) ? "left" : "right"}`;
}

describe("drawings", () => {
  it("has captions that follow from the drawings, so the best accuracy is 1", () => {
    expect(examples.filter(({ rows, caption }) => captionOf(rows) !== caption)).toEqual([]);
    expect(stated).toMatchObject({ task: "one-to-many", best: 1 });
  });

  it("is hard for a guess that always gives the commonest caption", () => {
    const captions = rowsOf("drawings.csv").map((row) => ["", row.slice(row.lastIndexOf(",") + 1)] as const);
    expect(commonestAnswers(captions).toFixed(4)).toBe(stated.simpleGuess.toFixed(4));
  });

  it("has every caption of its grammar", () => {
    // 7 shapes in a quarter; two beside each other at the top or the bottom; two above each other.
    const captions = new Set(examples.map(({ caption }) => caption));
    expect(captions.size).toBe(7 * 4 + 7 * 7 * 2 + 7 * 7);
    expect(readmeSays(`${captions.size} captions`)).toBe(true);
  });

  it("has as many different drawings as the README states", () => {
    // The height and width of each shape decide how many places it has in an area of 4 x 4 or 4 x 8.
    const shapes = [[1, 1], [2, 2], [3, 3], [3, 3], [3, 3], [1, 3], [3, 1]]; // prettier-ignore
    const places = (width: number) =>
      shapes.reduce((sum, [high, wide]) => sum + (5 - high) * (width + 1 - wide), 0);
    const count = 4 * places(4) + 2 * places(4) ** 2 + places(8) ** 2;
    expect(readmeSays(`${count.toLocaleString("en")} different drawings`)).toBe(true);
  });
});
