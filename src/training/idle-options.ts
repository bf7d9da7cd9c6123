import { cellNames, cells } from "../model/cells/index.ts";
import { flagOf, optionDefinitions, type OptionName, type TrainOptions } from "./options.ts";

/** The option that another one needs, or has the last word over it, and the values that leave it a say. */
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

/**
 * What of the options makes no difference as the others stand, one line each. Defaults go without saying, and that
 * steps overrule epochs.
 */
export function idleOptions(options: TrainOptions): string[] {
  return Object.entries(needs).flatMap(([key, [other, ...values]]) => {
    const name = key as OptionName;
    const hasSay = values.some((value) => value === options[other]);
    if (hasSay || options[name] === optionDefinitions[name].default) return [];
    return [`${flagOf(name)} ${options[name]} has no say with ${flagOf(other)} ${options[other]}`];
  });
}
