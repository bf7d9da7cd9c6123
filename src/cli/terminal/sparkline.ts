const BARS = "▁▂▃▄▅▆▇█";

/** A chart is at most this many columns wide. */
const WIDTH = 40;

/**
 * Numbers as a line of bars. The lowest bar is the smallest number. If there are more numbers than columns, some are
 * left out.
 */
export function sparkline(values: readonly number[], width = WIDTH): string {
  const finite = values.filter((value) => Number.isFinite(value));
  const columns = Math.min(width, finite.length);
  const shown = Array.from({ length: columns }, (_, column) => {
    // The first number and the last are always shown.
    const at = columns === 1 ? 0 : (column * (finite.length - 1)) / (columns - 1);
    return finite[Math.round(at)];
  });
  const [least, most] = [Math.min(...shown), Math.max(...shown)];
  const level = (value: number) =>
    most === least ? 0 : Math.round(((value - least) / (most - least)) * (BARS.length - 1));
  return shown.map((value) => BARS[level(value)]).join("");
}
