import { flagOf, optionDefinitions, type OptionName, type TrainOptions } from "./options.ts";

/** The choices of another option without which an option has no say. */
const needs: Partial<Record<OptionName, readonly [OptionName, readonly string[]]>> = {
  initRange: ["init", ["uniform"]],
  forgetBias: ["cell", ["lstm"]],
  beta1: ["optimizer", ["adam"]],
  beta2: ["optimizer", ["adam"]],
  rmspropDecay: ["optimizer", ["rmsprop"]],
  momentum: ["optimizer", ["sgd"]],
  minLr: ["schedule", ["linear", "cosine", "step", "exponential", "plateau"]],
  decay: ["schedule", ["step", "exponential", "plateau"]],
  decayAfter: ["schedule", ["step", "exponential"]],
  decayEvery: ["schedule", ["step", "exponential", "plateau"]],
};

/** What of the options makes no difference as the others stand, one line each; defaults go without saying. */
export function idleOptions(options: TrainOptions): string[] {
  return Object.entries(needs).flatMap(([key, [other, choices]]) => {
    const name = key as OptionName;
    if (options[name] === optionDefinitions[name].default || choices.includes(String(options[other])))
      return [];
    return [`${flagOf(name)} ${options[name]} has no say with ${flagOf(other)} ${options[other]}`];
  });
}
