import { choose, roll, wholeNumber, type Dice } from "./dice.ts";
import { independent, type GeneratedTable } from "./table.ts";

const SHORTEST = 5;
const LONGEST = 20;

/** All values are counted in tenths, as whole numbers. */
const NOISE: Dice = { count: 3, highest: 12 };
const MEAN_NOISE = 18;

/** What value1 gains in a day, apart from the noise. A cycle has six days, and a series begins at any of them. */
const gains = {
  rising: [4],
  falling: [-4],
  cycle: [6, 6, 6, -6, -6, -6],
};
const classes = ["rising", "falling", "cycle"] as const;

/**
 * Short series of two values, day by day, each of a class: value1 rises, falls, or goes up for three days and down for
 * three. value2 goes the other way, by half as much. Each value's daily noise is the sum of three dice from 0 to 12,
 * less 18, in tenths. The classes are equally likely, and so are the lengths, the first values and, in a cycle, the
 * six days.
 */
export const series: GeneratedTable = {
  name: "series",
  header: "id,day,value1,value2,class",
  length: 320,
  examples: independent((uniform, id) => {
    const label = classes[choose([1 / 3, 1 / 3, 1 / 3], uniform)];
    const gain = gains[label];
    const start = wholeNumber(0, gain.length - 1, uniform);
    const days = wholeNumber(SHORTEST, LONGEST, uniform);
    const noise = () => roll(NOISE, uniform) - MEAN_NOISE;
    let value1 = wholeNumber(200, 400, uniform);
    let value2 = wholeNumber(500, 700, uniform);
    let lines = "";
    for (let day = 1; day <= days; day++) {
      lines += `${id},${day},${tenths(value1)},${tenths(value2)},${label}\n`;
      const change = gain[(start + day) % gain.length];
      value1 += change + noise();
      value2 += -change / 2 + noise();
    }
    return lines;
  }),
};

function tenths(count: number): string {
  return (count / 10).toFixed(1);
}
