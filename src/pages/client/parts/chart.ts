import { dot, gridY, lineY, plot, ruleY, type Markish } from "@observablehq/plot";
import { type ChartData, type LineData } from "../../chart-data.ts";
import { nearestTo, smooth, type Curve } from "../../curve.ts";
import { hasOneSeries, isLabelled, labelOf, shortNumber, shortValue, spread } from "./chart-labels.ts";
import { element, svgElement } from "./element.ts";
import { type Setting } from "./setting.ts";
import { folded, table } from "./table.ts";

/** What the charts of a page have in common, and the height of one. */
export interface ChartOptions {
  /** The colour of each series. */
  readonly colours: ReadonlyMap<string, string>;
  /** The place on the x axis that the reader points at; null: none. */
  readonly cursor: Setting<number | null>;
  readonly logX: Setting<boolean>;
  /** Whether the y axis is logarithmic, if the chart does not say so itself. */
  readonly logY: Setting<boolean>;
  /** The share of the x axis that noisy lines are smoothed over. */
  readonly smoothing: () => number;
  readonly height: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A line as it is drawn: `main` is in front; `raw` shows the values before smoothing. */
interface DrawnLine {
  readonly line: LineData;
  readonly main: readonly Point[];
  readonly raw?: readonly Point[];
}

/** Where a line with a label ends. */
interface LineEnd {
  readonly line: LineData;
  readonly last: Point;
  readonly text: string;
}

/** A line with at most so many points shows each of them. */
const FEW_POINTS = 40;

/** Labels take at most this share of a chart's width. */
const LABEL_SHARE = 0.36;

/** The mean width of a character, and the margins around the lines, in pixels. */
const CHARACTER_WIDTH = 6.8;
const MARGINS = { marginTop: 22, marginLeft: 52, marginBottom: 28 };

/** A chart that is drawn again if its width or a setting changes. Its table is folded below it. */
export class Chart {
  readonly root: HTMLElement;
  readonly #data: ChartData;
  readonly #options: ChartOptions;
  readonly #area: HTMLElement;
  #width = 0;
  #toX = (value: number) => value;
  #fromX = (pixel: number) => pixel;
  #hairline: SVGElement | undefined;

  constructor(data: ChartData, options: ChartOptions) {
    this.#data = data;
    this.#options = options;
    this.#area = element("div", { class: "chart", style: `height: ${options.height}px` });
    const folding = folded("table", () => tableOf(data));
    this.root = element("figure", {}, element("figcaption", {}, data.title), this.#area, folding);
    const draw = () => {
      this.draw();
    };
    new ResizeObserver(draw).observe(this.#area);
    options.logX.follow(draw);
    options.logY.follow(draw);
    options.cursor.follow(() => {
      this.#moveHairline();
    });
    this.#area.addEventListener("pointermove", ({ clientX }) => {
      options.cursor.value = this.#nearest(this.#fromX(clientX - this.#area.getBoundingClientRect().left));
    });
  }

  draw(): void {
    this.#width = Math.floor(this.#area.clientWidth);
    if (this.#width === 0) return;
    const { x, y, lines, title } = this.#data;
    const { logX, logY, height } = this.#options;
    const isLog = { x: x.log || logX.value, y: y.log || logY.value };
    const isShown = (point: Point) => (!isLog.x || point.x > 0) && (!isLog.y || point.y > 0);
    const drawn = lines.map((line) => this.#drawnLine(line, isShown));
    const ends = this.#endsOf(drawn);
    const longest = ends.reduce((most, { text }) => Math.max(most, text.length), x.label.length + 5);
    const chart = plot({
      ...MARGINS,
      marginRight: Math.ceil(longest * CHARACTER_WIDTH) + 12,
      width: this.#width,
      height,
      style: { background: "transparent", color: "inherit", fontSize: "13px", overflow: "visible" },
      x: {
        type: isLog.x ? "log" : "linear",
        // The label is written below, beside the numbers.
        label: null,
        ticks: this.#width < 500 ? 4 : 7,
        tickFormat: shortNumber,
        tickSize: 3,
      },
      y: {
        type: isLog.y ? "log" : "linear",
        nice: !isLog.y,
        label: y.label,
        ticks: height < 300 ? 4 : 6,
        tickFormat: shortNumber,
        tickSize: 0,
      },
      marks: [
        gridY({ stroke: "var(--grid)", strokeOpacity: 1, ticks: height < 300 ? 4 : 6 }),
        ruleY(
          this.#references().map(({ value }) => value),
          { stroke: "var(--muted)", strokeDasharray: "2 3", strokeWidth: 1 },
        ),
        ...drawn.flatMap((line) => this.#marks(line)),
      ],
    });
    // The picture has one name. Names of its parts would only be noise to those who hear them.
    for (const part of chart.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
    chart.setAttribute("role", "img");
    chart.setAttribute("aria-label", title);
    const [scaleX, scaleY] = [chart.scale("x"), chart.scale("y")];
    if (scaleX === undefined || scaleY === undefined) return;
    this.#toX = (value) => Number(scaleX.apply(value));
    this.#fromX = (pixel) => Number(scaleX.invert?.(pixel));
    this.#hairline = svgElement("line", { y1: MARGINS.marginTop, y2: height - MARGINS.marginBottom });
    this.#hairline.classList.add("hairline");
    chart.append(this.#hairline, ...this.#labels(ends, (value) => Number(scaleY.apply(value))));
    this.#area.replaceChildren(chart);
    this.#moveHairline();
  }

  #drawnLine(line: LineData, isShown: (point: Point) => boolean): DrawnLine {
    const { steps, values } = line.curve;
    const raw = rawPoints(line.curve).filter(isShown);
    const share = line.noisy === true ? this.#options.smoothing() : 0;
    if (share === 0 || values.length === 0) return { line, main: raw };
    const smoothed = smooth(line.curve, share * (steps[steps.length - 1] - steps[0]));
    return { line, raw, main: smoothed.map((y, index) => ({ x: steps[index], y })).filter(isShown) };
  }

  #marks({ line, main, raw = [] }: DrawnLine): Markish[] {
    const stroke = this.#colourOf(line);
    const weight = line.faint ? { strokeWidth: 1, strokeOpacity: 0.6 } : { strokeWidth: 1.6 };
    const dots = main.length <= FEW_POINTS && line.noisy !== true ? main : [];
    return [
      lineY(raw, { x: "x", y: "y", stroke, strokeWidth: 1, strokeOpacity: 0.22 }),
      lineY(main, { x: "x", y: "y", stroke, ...weight }),
      dot(dots, { x: "x", y: "y", fill: stroke, r: 2.2 }),
    ];
  }

  #endsOf(drawn: readonly DrawnLine[]): LineEnd[] {
    const characters = Math.floor((LABEL_SHARE * this.#width) / CHARACTER_WIDTH);
    return drawn.flatMap(({ line, main }) => {
      const last = main.at(-1);
      if (last === undefined || !isLabelled(line, this.#data)) return [];
      return [{ line, last, text: labelOf(line, last.y, this.#data, characters) }];
    });
  }

  /** The labels at the ends of lines, of the references, and of the x axis. */
  #labels(ends: readonly LineEnd[], toY: (value: number) => number): SVGElement[] {
    const { height } = this.#options;
    const bottom = height - MARGINS.marginBottom;
    const places = ends.map((end) => ({ ...end, x: this.#toX(end.last.x) + 7, y: toY(end.last.y) }));
    const right = Math.max(...places.map(({ x }) => x));
    return [
      ...spread(places, bottom).map(({ line, x, y, text }) => textAt(x, y, text, this.#colourOf(line))),
      ...this.#references().map(({ label, value }) => {
        const y = toY(value);
        // The label of the y axis stands at the top.
        return textAt(
          MARGINS.marginLeft + 4,
          y < MARGINS.marginTop + 14 ? y + 9 : y - 9,
          label,
          "var(--muted)",
        );
      }),
      textAt(right + 17, bottom + 15, `${this.#data.x.label} →`, "var(--muted)"),
    ];
  }

  #colourOf({ series }: LineData): string {
    return this.#options.colours.get(series) ?? "currentColor";
  }

  /** A reference far above all values would press the lines flat, so it is left out. */
  #references() {
    const { references = [], lines } = this.#data;
    const greatest = lines
      .flatMap(({ curve: { values, highs } }) => highs ?? values)
      .reduce((most, value) => Math.max(most, value), -Infinity);
    return references.filter(({ value }) => value <= 2 * greatest);
  }

  /** The step with a value that is nearest to a place. */
  #nearest(place: number): number | null {
    const near = this.#data.lines
      .filter(({ curve: { steps } }) => steps.length > 0)
      .map(({ curve: { steps } }) => steps[nearestTo(steps, place)]);
    return near.reduce<number | null>(
      (best, step) => (best === null || Math.abs(step - place) < Math.abs(best - place) ? step : best),
      null,
    );
  }

  #moveHairline(): void {
    const { value } = this.#options.cursor;
    const pixel = value === null ? NaN : this.#toX(value);
    const isVisible = pixel >= MARGINS.marginLeft - 2;
    this.#hairline?.setAttribute("visibility", isVisible ? "visible" : "hidden");
    if (!isVisible) return;
    this.#hairline?.setAttribute("x1", String(pixel));
    this.#hairline?.setAttribute("x2", String(pixel));
  }
}

/** All values of a curve. If it was thinned, each point becomes a stroke from its least value to its greatest. */
function rawPoints({ steps, values, lows, highs }: Curve): Point[] {
  if (lows === undefined || highs === undefined) return values.map((y, index) => ({ x: steps[index], y }));
  return steps.flatMap((x, index) => [
    { x, y: lows[index] },
    { x, y: highs[index] },
  ]);
}

function textAt(x: number, y: number, text: string, fill: string): SVGElement {
  return svgElement("text", { x, y, dy: "0.32em", "text-anchor": "start", fill }, text);
}

function tableOf({ x, lines }: ChartData): HTMLTableElement {
  const isAlone = hasOneSeries(lines);
  const steps = [...new Set(lines.flatMap(({ curve }) => curve.steps))].sort((a, b) => a - b);
  const columns = lines.map(
    ({ curve, decimals }) =>
      new Map(curve.steps.map((step, index) => [step, Number(shortValue(curve.values[index], decimals))])),
  );
  return table(
    [x.label, ...lines.map(({ series, quantity }) => (isAlone ? quantity : `${series}: ${quantity}`))],
    steps.map((step) => [step, ...columns.map((values) => values.get(step) ?? "")]),
  );
}
