import { cellNames, cells } from "../model/cells/index.ts";
import { flagOf, optionDefinitions, type OptionName, type TrainOptions } from "./options.ts";

/** For an option that some values of another one make useless: that other option, and the values that use it. */
const needs: Partial<Record<OptionName, readonly [OptionName, ...(string | undefined)[]]>> = {
  clipNorm: ["clipValue", undefined],
  initRange: ["init", "uniform"],
  forgetBias: ["cell", ...cellNames.filter((cell) => cells[cell].gates.includes("forget"))],
  beta1: ["optimizer", "adam"],
  beta2: ["optimizer", "adam"],
  rmspropDecay: ["optimizer", "rmsprop"],
  momentum: ["optimizer", "sgd"],
  minLr: ["schedule", "linear", "cosine", "step", "exponential", "plateau"],
  decay: ["schedule", "step", "exponential", "plateau"],
  decayAfter: ["schedule", "step", "exponential"],
  decayEvery: ["schedule", "step", "exponential", "plateau"],
};

/** One line for each option that makes no difference with the other options. Defaults are not mentioned. */
export function idleOptions(options: TrainOptions): string[] {
  return Object.entries(needs).flatMap(([key, [other, ...values]]) => {
    const name = key as OptionName;
    const isUsed = values.some((value) => value === options[other]);
    if (isUsed || options[name] === optionDefinitions[name].default) return [];
    return [`${flagOf(name)} ${options[name]} is ignored with ${flagOf(other)} ${options[other]}`];
  });
}
