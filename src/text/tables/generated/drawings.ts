import { choose, wholeNumber } from "./dice.ts";
import { distinct, type GeneratedTable } from "./table.ts";

/** A drawing has this many rows and columns. */
const SIZE = 8;

/** Each shape fits into a quarter of the drawing. */
const shapes = [
  { name: "dot", rows: ["1"] },
  { name: "small square", rows: ["11", "11"] },
  { name: "big square", rows: ["111", "111", "111"] },
  { name: "ring", rows: ["111", "101", "111"] },
  { name: "cross", rows: ["010", "111", "010"] },
  { name: "wide bar", rows: ["111"] },
  { name: "tall bar", rows: ["1", "1", "1"] },
] as const;
type Shape = (typeof shapes)[number];

/** A part of the drawing: its rows and columns from the first one up to `end`. */
interface Area {
  readonly top: number;
  readonly left: number;
  readonly bottomEnd: number;
  readonly rightEnd: number;
}

const HALF = SIZE / 2;
const TOP_HALF: Area = { top: 0, left: 0, bottomEnd: HALF, rightEnd: SIZE };
const BOTTOM_HALF: Area = { top: HALF, left: 0, bottomEnd: SIZE, rightEnd: SIZE };
const leftOf = (area: Area): Area => ({ ...area, rightEnd: HALF });
const rightOf = (area: Area): Area => ({ ...area, left: HALF });

/** How often a drawing has one shape, two beside each other, and two above each other. */
const LAYOUTS = [0.1, 0.4, 0.5];

/**
 * Drawings of 8 x 8 numbers, 0 or 1, row by row, and a caption for each. The drawing decides the caption. All drawings
 * differ.
 */
export const drawings: GeneratedTable = {
  name: "drawings",
  header: [...Array.from({ length: SIZE * SIZE }, (_, i) => `p${i + 1}`), "caption"].join(","),
  length: 800,
  examples: distinct((uniform) => {
    const points = Array.from({ length: SIZE * SIZE }, () => "0");
    const place = (area: Area) => drawShape(points, area, uniform);
    const layout = choose(LAYOUTS, uniform);
    if (layout === 2) {
      const above = place(TOP_HALF);
      return written(points, `${above} above ${place(BOTTOM_HALF)}`);
    }
    const isTop = wholeNumber(0, 1, uniform) === 0;
    const half = isTop ? TOP_HALF : BOTTOM_HALF;
    const where = isTop ? "top" : "bottom";
    if (layout === 1) {
      const first = place(leftOf(half));
      return written(points, `${first} left of ${place(rightOf(half))} at the ${where}`);
    }
    const isLeft = wholeNumber(0, 1, uniform) === 0;
    const shape = place(isLeft ? leftOf(half) : rightOf(half));
    return written(points, `${shape} at the ${where} ${isLeft ? "left" : "right"}`);
  }),
};

/** Draws a shape at a place of the area. Shapes are equally likely, and so are places. Returns the shape's name. */
function drawShape(points: string[], area: Area, uniform: () => number): string {
  const { name, rows }: Shape = shapes[wholeNumber(0, shapes.length - 1, uniform)];
  const top = wholeNumber(area.top, area.bottomEnd - rows.length, uniform);
  const left = wholeNumber(area.left, area.rightEnd - rows[0].length, uniform);
  rows.forEach((row, down) => {
    for (let right = 0; right < row.length; right++) {
      points[(top + down) * SIZE + left + right] = row[right];
    }
  });
  return `a ${name}`;
}

function written(points: readonly string[], caption: string): string {
  return `${points.join(",")},${caption}\n`;
}
