import { commonestClass } from "./naive-bayes.ts";

/**
 * Predicts for each token the tag that it had most often in the training data, and for a new token the commonest tag of
 * all. Of two tags that are equally common, the first in order is predicted.
 */
export class TagLookup {
  readonly #tagOf: ReadonlyMap<string, number>;
  readonly #commonest: number;

  /** `tags`: the tag of each token, an index below `tagCount`. */
  constructor(tokens: readonly string[], tags: ArrayLike<number>, tagCount: number) {
    const counts = new Map<string, Uint32Array>();
    tokens.forEach((token, index) => {
      const own = counts.get(token) ?? new Uint32Array(tagCount);
      own[tags[index]] += 1;
      counts.set(token, own);
    });
    this.#tagOf = new Map([...counts].map(([token, own]) => [token, own.indexOf(Math.max(...own))]));
    this.#commonest = commonestClass(tags, tagCount);
  }

  predict(token: string): number {
    return this.#tagOf.get(token) ?? this.#commonest;
  }
}
