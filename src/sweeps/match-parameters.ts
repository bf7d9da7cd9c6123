import { requireNumber } from "../arguments.ts";
import { UsageError } from "../errors.ts";
import { cellNames } from "../model/cells/index.ts";
import {
  LARGEST_SIZE,
  MOST_LAYERS,
  parameterShapes,
  type ModelShape,
  type NetworkSizes,
} from "../model/shapes.ts";

/** A model whose number of parameters is the budget, such as `lstm 1x64`: cell, layers, hidden units. */
const MODEL = /^(\S+) (\d+)x(\d+)$/;

/**
 * Checks a budget of parameters: a number, or a model that has as many.
 * @throws UsageError if it is neither
 */
export function parseBudget(value: unknown): number | string {
  if (typeof value === "string" && modelIn(value) !== undefined) return value;
  if (typeof value === "number") return requireNumber(value, "parameters", { min: 1 }, true);
  throw new UsageError(
    `parameters takes a whole number, or a model such as "lstm 1x64", not ${JSON.stringify(value)}`,
  );
}

function modelIn(text: string): Pick<ModelShape, "cell" | "layers" | "hidden"> | undefined {
  const match = MODEL.exec(text);
  const cell = cellNames.find((name) => name === match?.[1]);
  const [layers, hidden] = [Number(match?.[2]), Number(match?.[3])];
  const isModel = layers >= 1 && layers <= MOST_LAYERS && hidden >= 1 && hidden <= LARGEST_SIZE;
  return cell !== undefined && isModel ? { cell, layers, hidden } : undefined;
}

/** The number of parameters of a model on data of these sizes. */
export function parameterCount(model: ModelShape, sizes: NetworkSizes): number {
  let count = 0;
  for (const shape of parameterShapes(model, sizes).values()) {
    count += shape.reduce((product, length) => product * length, 1);
  }
  return count;
}

/**
 * The hidden units with which a model comes closest to a budget. The count grows with the units, so the search halves
 * an interval. Of two sizes that are equally close, the smaller one is taken.
 */
export function hiddenFor(
  budget: string | number | boolean | readonly string[],
  model: Omit<ModelShape, "hidden">,
  sizes: NetworkSizes,
): number {
  const countOf = (hidden: number) => parameterCount({ ...model, hidden }, sizes);
  const like = typeof budget === "string" ? modelIn(budget) : undefined;
  const wanted = like === undefined ? Number(budget) : parameterCount({ ...model, ...like }, sizes);
  let [low, high] = [1, LARGEST_SIZE];
  // The largest size whose count is at most the budget lies in [low, high].
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (countOf(middle) <= wanted) low = middle;
    else high = middle - 1;
  }
  const isNextCloser = low < LARGEST_SIZE && countOf(low + 1) - wanted < wanted - countOf(low);
  return isNextCloser ? low + 1 : low;
}
