import { type ChalkInstance } from "chalk";
import { fitDecay } from "../../inspection/gradients/decay.ts";
import { carrierOf, shortNumber } from "../../inspection/gradients/verdict.ts";
import { type StateGradient } from "../../inspection/gradients/state-gradients.ts";
import { type CellGradients, type GradientFlow } from "../../training/gradients.ts";
import { formatCount, formatShare } from "../terminal/format.ts";
import { logChart, type Series } from "../terminal/chart.ts";
import { bar } from "../terminal/status-line.ts";
import { facts, table, wrap } from "../terminal/table.ts";

/** The gradients of a network with a name: its cell, its run, or its checkpoint. */
export type NamedGradients = CellGradients & { readonly name: string };

export interface GradientDisplay {
  readonly colour: ChalkInstance;
  readonly columns: number | undefined;
}

/** The lags of the table. */
const LAGS = [0, 10, 50, 100];
/** A screen shows the parameters of one network, and a bar of this width for each. */
const BAR_WIDTH = 12;

/** The gradients of one network, or of several side by side, for people: curves by lag, tables and a verdict for each. */
export function describeGradients(
  networks: readonly NamedGradients[],
  { colour, columns }: GradientDisplay,
): string {
  const width = columns ?? 80;
  const chart = logChart(networks.length === 1 ? ownCurves(networks[0]) : curvesOf(networks), {
    colour,
    columns: width,
    xLabel: "lag",
  });
  return [
    ...wrap("size of the gradient of a loss with respect to a state some steps before (lag)", width).split(
      "\n",
    ),
    ...chart,
    "",
    ...stateTable(networks, width),
    "",
    ...networks.flatMap((network) => verdicts(network, networks.length > 1, columns)),
    ...(networks.length === 1 ? parameterTable(networks[0], width) : []),
    "",
  ].join("\n");
}

/** One curve for each state of each layer: A, B, ... With training, a, b, ... are those of the initial weights. */
function ownCurves({ states, start }: CellGradients): Series[] {
  const letter = (index: number) => String.fromCharCode("A".charCodeAt(0) + (index % 26));
  return [
    ...states.map((state, index) => ({
      name: nameOf(state),
      marker: letter(index),
      values: state.mean,
    })),
    ...(start?.states ?? []).map((state, index) => ({
      name: `${nameOf(state)} at the start`,
      marker: letter(index).toLowerCase(),
      values: state.mean,
    })),
  ];
}

/** One curve for each network: that of its carrier. Lower case: at the start. */
function curvesOf(networks: readonly NamedGradients[]): Series[] {
  const markers = markersOf(networks.map(({ name, cell }) => (name === "" ? cell : name)));
  const curves = (
    flows: readonly (GradientFlow | null)[],
    after: string,
    marker: (index: number) => string,
  ) =>
    flows.flatMap((flow, index) => {
      const state = flow && carrierOf(flow.states);
      if (!state) return [];
      const name = `${networks[index].name}, ${nameOf(state)}${after}`;
      return [{ name, marker: marker(index), values: state.mean }];
    });
  return [
    ...curves(networks, "", (index) => markers[index]),
    ...curves(
      networks.map(({ start }) => start),
      " at the start",
      (index) => markers[index].toLowerCase(),
    ),
  ];
}

/** The first letters of the names if they differ, and otherwise A, B, ... */
function markersOf(names: readonly string[]): string[] {
  const first = names.map((name) => name.charAt(0).toUpperCase());
  const areLetters = first.every((letter) => /[A-Z]/.test(letter)) && new Set(first).size === names.length;
  return areLetters ? first : names.map((_, index) => String.fromCharCode(65 + (index % 26)));
}

/** `c:0`: the cell state of layer 0. */
function nameOf({ state, layer, direction }: StateGradient): string {
  return `${state}:${layer}${direction === "reverse" ? " in reverse" : ""}`;
}

function stateTable(networks: readonly NamedGradients[], width: number): string[] {
  const several = networks.length > 1;
  const rows = networks.flatMap((network) =>
    [network.start, network].flatMap((flow, index) =>
      (flow?.states ?? []).map((state) => {
        const decay = fitDecay(state.mean);
        const way = decay && decay.factor > 1 ? "doubles" : "halves";
        return [
          ...(several ? [network.name] : []),
          ...(network.start ? [index === 0 ? "start" : "now"] : []),
          nameOf(state),
          ...LAGS.map((lag) => scientific(state.mean[lag])),
          decay === undefined ? "-" : `${way} in ${shortNumber(decay.steps)}`,
        ];
      }),
    ),
  );
  const hasStart = networks.some(({ start }) => start !== null);
  const names = [...(several ? ["network"] : []), ...(hasStart ? ["when"] : []), "state"];
  const filled = rows.map((row) => (row.length < names.length + LAGS.length + 1 ? ["", ...row] : row));
  const header = [...names, ...LAGS.map((lag) => `lag ${lag}`), "steps"];
  return table([header, ...filled], { right: LAGS.map((_, index) => names.length + index), width });
}

function scientific(value: number): string {
  if (Number.isNaN(value)) return "-";
  return value === 0 ? "0" : value === Infinity ? "endless" : value.toExponential(1).replace("e+", "e");
}

function verdicts(
  { name, verdict, start, spectralRadius, clipped, update }: NamedGradients,
  named: boolean,
  columns: number | undefined,
): string[] {
  const rows: [string, string][] = [];
  if (named) rows.push(["network", name]);
  if (start) rows.push(["start", start.verdict]);
  rows.push([start ? "now" : "verdict", verdict]);
  if (spectralRadius.length > 0) {
    const several = spectralRadius.some(({ layer }) => layer > 0);
    const radii = spectralRadius.map(
      ({ layer, gate, radius }) => `${gate}${several ? ` ${layer}` : ""} ${radius.toFixed(2)}`,
    );
    rows.push(["spectral radius", `of W_hh, by gate${several ? " and layer" : ""}: ${radii.join(", ")}`]);
  }
  if (clipped) {
    rows.push(["clipped", `${formatShare(clipped.share)} of ${formatCount(clipped.steps)} reported steps`]);
  }
  if (update) {
    const { learningRate, batches } = update;
    rows.push(["updates", `measured at --lr ${learningRate}, over ${formatCount(batches)} batches`]);
  } else {
    rows.push(["updates", "a loss or a gradient is no finite number: no update can be made"]);
  }
  return [...facts(rows, columns), ""];
}

function parameterTable({ parameters }: CellGradients, width: number): string[] {
  const largest = Math.max(...parameters.map(({ gradientNorm }) => gradientNorm));
  const rows = parameters.map(({ name, gradientNorm, updateRatio, signalToNoise }) => [
    name,
    bar(largest > 0 ? gradientNorm / largest : 0, BAR_WIDTH),
    scientific(gradientNorm),
    scientific(updateRatio),
    Number.isNaN(signalToNoise) ? "-" : signalToNoise.toFixed(2),
  ]);
  const header = ["parameter", "gradient", "", "update/weight", "signal/noise"];
  return parameters.length === 0 ? [] : table([header, ...rows], { right: [2, 3, 4], width });
}
