import { type RunData, type ReportData } from "../report-data.ts";
import { nearestTo } from "../curve.ts";
import { Chart, type ChartOptions } from "./parts/chart.ts";
import { shortValue } from "./parts/chart-labels.ts";
import { coloursOf } from "./parts/colours.ts";
import { commandLine } from "./parts/command.ts";
import { element, pageData } from "./parts/element.ts";
import { section, showPage } from "./parts/frame.ts";
import { panel } from "./parts/panel.ts";
import { keepPlace, keptSetting, Setting } from "./parts/setting.ts";
import { checkbox, slider } from "./parts/slider.ts";
import { facts, folded, table } from "./parts/table.ts";
import { linesOf, textBlock } from "./parts/text.ts";
import { evaluationSection } from "./report/evaluation.ts";

const data = pageData() as ReportData;
const { runs, charts } = data;
const colours = coloursOf(runs.map(({ name }) => name));

const cursor = keptSetting<number | null>("cursor", null);
const logX = keptSetting<boolean>("log steps", false);
const logY = keptSetting<boolean>("log loss", false);
/** From 0, no smoothing, to SMOOTHEST. */
const smoothing = keptSetting<number>("smoothing", 4);
const SMOOTHEST = 10;

/** The share of the axis that values are smoothed over: up to a tenth. */
const smoothedShare = () => (smoothing.value / SMOOTHEST) ** 2 * 0.1;

const options: Omit<ChartOptions, "height"> = { colours, cursor, logX, logY, smoothing: smoothedShare };
const never = new Setting<boolean>(false);
const drawn = charts.map(
  (chart, index) =>
    // Only the losses follow the box for a logarithmic axis.
    new Chart(chart, { ...options, logY: index === 0 ? logY : never, height: index === 0 ? 340 : 200 }),
);
smoothing.follow(() => {
  for (const chart of drawn) chart.draw();
});

const side = panel();
cursor.follow(() => {
  side.show(
    cursor.value === null ? "Last values" : `Step ${cursor.value.toLocaleString("en")}`,
    ...valuesAt(cursor.value),
  );
});

/** The values of all lines at a step, or the last ones. */
function valuesAt(step: number | null): Node[] {
  return runs.map(({ name }) => {
    const rows = charts.flatMap(({ lines }) =>
      lines
        .filter(({ series }) => series === name)
        .map(({ quantity, curve, decimals }): [string, string] => {
          const at = step === null ? curve.steps.length - 1 : nearestTo(curve.steps, step);
          const place =
            step === null || curve.steps[at] === step
              ? ""
              : ` (step ${curve.steps[at].toLocaleString("en")})`;
          return [quantity, `${shortValue(curve.values[at], decimals)}${place}`];
        }),
    );
    const heading = runs.length > 1 ? [runName(name)] : [];
    return element("div", {}, ...heading, facts(rows));
  });
}

/** The name of a run in its colour, behind a dot of the same colour. */
function runName(name: string): HTMLElement {
  const dot = element("span", {
    class: "dot",
    style: `background: ${colours.get(name) ?? ""}`,
    "aria-hidden": true,
  });
  return element("h3", {}, dot, name);
}

const sampleSteps = [...new Set(runs.flatMap(({ samples }) => samples.map(({ step }) => step)))].sort(
  (a, b) => a - b,
);
const newest = sampleSteps.length - 1;
/** The step whose sample is shown. Null: the newest, also after a reload that brings a newer one. */
const sampleStep = keptSetting<number | null>("sample step", null);
const sample = new Setting(sampleStep.value === null ? newest : nearestTo(sampleSteps, sampleStep.value));
const moveSample = (by: number) => {
  sample.value = Math.min(newest, Math.max(0, sample.value + by));
};

/** The samples of all runs at the chosen step, and the slider that chooses the step. */
function samplesSection(): Node[] {
  if (newest < 0) return [];
  const shown = element("div", { class: runs.length > 1 ? "side-by-side" : "" });
  const validation = charts[0]?.lines.filter(({ faint }) => faint !== true) ?? [];
  const say = (index: number) => {
    const step = sampleSteps[index];
    const losses = validation.map(({ curve, decimals }) =>
      shortValue(curve.values[nearestTo(curve.steps, step)], decimals),
    );
    const told = losses.length === 1 ? `, validation loss ${losses[0]}` : "";
    return `step ${step.toLocaleString("en")}${told}`;
  };
  const show = () => {
    sampleStep.value = sample.value === newest ? null : sampleSteps[sample.value];
    const blocks = runs
      .filter(({ samples }) => samples.length > 0)
      .map((run) => sampleOf(run, shown.clientWidth));
    shown.replaceChildren(...blocks);
  };
  sample.follow(show);
  new ResizeObserver(show).observe(shown);
  const verb = runs.every(({ writes }) => writes) ? "write" : "answer";
  const title =
    runs.length === 1 ? `What the model ${verb}s as it learns` : `What the models ${verb} as they learn`;
  return [section(title, slider("sample", newest, sample, say), shown)];
}

/** The width of a character of a text, in pixels, and the most characters of a line. */
const [CHARACTER_WIDTH, LINE] = [9.03, 80];

function sampleOf({ name, samples }: RunData, width: number): HTMLElement {
  const steps = samples.map(({ step }) => step);
  const { step, text } = samples[nearestTo(steps, sampleSteps[sample.value])];
  const own = runs.length > 1 ? Math.max(width / 2 - 20, 320) : width;
  const columns = Math.min(LINE, Math.max(20, Math.floor(Math.min(own, width) / CHARACTER_WIDTH)));
  const most = Math.max(...samples.map((other) => linesOf(other.text, columns)));
  const place = element("p", { class: "small" }, `at step ${step.toLocaleString("en")}`);
  return element("div", {}, ...(runs.length > 1 ? [runName(name), place] : []), textBlock(text, most));
}

function runSection(run: RunData): HTMLElement {
  const rows = run.options.map(({ flag, value, isDefault }) => [
    flag,
    value,
    isDefault ? "default" : "chosen",
  ]);
  return section(
    runs.length > 1 ? `The run ${run.name}` : "The run",
    facts(run.facts),
    folded("all options", () => table(["option", "value", ""], rows)),
    element("p", { class: "small" }, "Train it again, from the folder in which it was trained:"),
    commandLine(run.command),
  );
}

/** Moves the cursor to the next value of the first chart, or the one before. */
function moveCursor(by: number): void {
  const steps = charts[0]?.lines[0]?.curve.steps ?? [];
  if (steps.length === 0) return;
  const at = cursor.value === null ? steps.length - 1 : nearestTo(steps, cursor.value);
  cursor.value = steps[Math.min(steps.length - 1, Math.max(0, at + by))];
}

const roots = drawn.map(({ root }) => root);
const [losses, others] = [roots.slice(0, 1), roots.slice(1)];
const controls = element(
  "div",
  { class: "controls" },
  slider("smoothing", SMOOTHEST, smoothing, (value) =>
    value === 0 ? "none" : `over ${shortValue(smoothedShare() * 100, 1)} %`,
  ),
  checkbox("log steps", logX),
  checkbox("log loss", logY),
);

showPage({
  kind: "report",
  heading: data.heading,
  verdict: data.verdict,
  panel: side,
  keys: [
    {
      key: "ArrowLeft",
      does: "the value before, in the charts and the panel",
      act: () => {
        moveCursor(-1);
      },
    },
    {
      key: "ArrowRight",
      does: "the next value",
      act: () => {
        moveCursor(1);
      },
    },
    {
      key: "Escape",
      does: "the last values again",
      act: () => {
        cursor.value = null;
      },
    },
    {
      key: "[",
      does: "the sample before",
      act: () => {
        moveSample(-1);
      },
    },
    {
      key: "]",
      does: "the next sample",
      act: () => {
        moveSample(1);
      },
    },
    {
      key: "s",
      does: "smooth more, or not at all",
      act: () => {
        smoothing.value = (smoothing.value + 2) % (SMOOTHEST + 2);
      },
    },
    {
      key: "x",
      does: "logarithmic steps",
      act: () => {
        logX.value = !logX.value;
      },
    },
    {
      key: "l",
      does: "logarithmic losses",
      act: () => {
        logY.value = !logY.value;
      },
    },
  ],
  content: [
    ...losses,
    ...(losses.length > 0 ? [controls] : []),
    ...samplesSection(),
    ...runs.flatMap((run) => evaluationSection(run, runs.length === 1)),
    ...(others.length > 0 ? [section("Other curves", element("div", { class: "charts" }, ...others))] : []),
    ...runs.map(runSection),
  ],
  command: data.command,
  made: data.made,
});
keepPlace(data.reload);
