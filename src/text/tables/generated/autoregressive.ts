import { standardNormal } from "./dice.ts";
import { type GeneratedTable } from "./table.ts";

/** The standard deviation of the noise of a day. */
const DEVIATION = 1;

/** How a day's distance from its season depends on the distances of the day before and the day before that. */
const LAST_DAY = 1.2;
const DAY_BEFORE = -0.4;

/** What is usual for the days of a week. */
const seasons = [40, 46, 52, 55, 50, 44, 36];

/**
 * The value of each day after another. Its mean, given all days before, is
 *
 *     mean(t) = season(t) + 1.2 (value(t-1) - season(t-1)) - 0.4 (value(t-2) - season(t-2))
 *
 * and the season repeats every seven days. The noise is normal. A value is rounded before the next one depends on it,
 * so the rows show all that the mean depends on.
 */
export const autoregressive: GeneratedTable = {
  name: "autoregressive",
  header: "day,value",
  length: 6000,
  *examples(uniform) {
    let last = 0;
    let before = 0;
    for (let day = 1; ; day++) {
      const season = seasons[(day - 1) % seasons.length];
      const mean = season + LAST_DAY * last + DAY_BEFORE * before;
      const value = (mean + DEVIATION * standardNormal(uniform)).toFixed(2);
      yield `${day},${value}\n`;
      before = last;
      last = Number(value) - season;
    }
  },
};
