/** No state, no edge. */
const NONE = -1;

/** The state of the empty text. */
const ROOT = 0;

/**
 * The suffix automaton of a list of symbols (Blumer et al. 1985), in typed arrays: it reads a text symbol by symbol and
 * always knows the longest end of that text that occurs in the list. A state is a set of stretches that end at the same
 * positions of the list. With n symbols there are at most 2n states and 3n edges, which take about 70 bytes a symbol.
 */
export class SuffixAutomaton {
  /** The number of states. */
  size = 1;
  /** [states]: the length of the longest stretch of a state. */
  readonly lengths: Int32Array;
  /** [states]: the state of the longest end that belongs to another state. The link of the root is -1. */
  readonly links: Int32Array;
  /** [n]: the state of the whole list up to and including each symbol. */
  readonly states: Int32Array;
  /** [alphabet]: the edges of the root, which has many. */
  readonly #first: Int32Array;
  /** [states]: the last edge that a state got. Each edge knows the one before, its symbol and where it leads. */
  readonly #edges: Int32Array;
  readonly #nextEdges: Int32Array;
  readonly #edgeSymbols: Int32Array;
  readonly #targets: Int32Array;
  #edgeCount = 0;

  /** Every symbol is below `alphabet`. */
  constructor(list: ArrayLike<number>, alphabet: number) {
    const most = 2 * list.length + 2;
    this.lengths = new Int32Array(most);
    this.links = new Int32Array(most).fill(NONE);
    this.states = new Int32Array(list.length);
    this.#first = new Int32Array(alphabet).fill(NONE);
    this.#edges = new Int32Array(most).fill(NONE);
    this.#nextEdges = new Int32Array(3 * list.length + 4);
    this.#edgeSymbols = new Int32Array(3 * list.length + 4);
    this.#targets = new Int32Array(3 * list.length + 4);
    let last = ROOT;
    for (let i = 0; i < list.length; i++) {
      last = this.#append(last, list[i]);
      this.states[i] = last;
    }
  }

  /** The state after `symbol`, or -1. */
  follow(state: number, symbol: number): number {
    if (state === ROOT) return this.#first[symbol];
    const edge = this.#edgeOf(state, symbol);
    return edge === NONE ? NONE : this.#targets[edge];
  }

  /** The state of the whole list with one more symbol. `last` is the state of the whole list. */
  #append(last: number, symbol: number): number {
    const whole = this.#newState(this.lengths[last] + 1);
    let state = last;
    for (; state !== NONE && this.follow(state, symbol) === NONE; state = this.links[state]) {
      this.#lead(state, symbol, whole);
    }
    if (state === NONE) {
      this.links[whole] = ROOT;
      return whole;
    }
    const next = this.follow(state, symbol);
    this.links[whole] =
      this.lengths[next] === this.lengths[state] + 1 ? next : this.#split(state, symbol, next);
    return whole;
  }

  /** Parts the stretches of `next` that have at most one symbol more than those of `state` from the longer ones. */
  #split(state: number, symbol: number, next: number): number {
    const shorter = this.#newState(this.lengths[state] + 1);
    this.links[shorter] = this.links[next];
    for (let edge = this.#edges[next]; edge !== NONE; edge = this.#nextEdges[edge]) {
      this.#lead(shorter, this.#edgeSymbols[edge], this.#targets[edge]);
    }
    this.links[next] = shorter;
    for (let from = state; from !== NONE && this.follow(from, symbol) === next; from = this.links[from]) {
      this.#lead(from, symbol, shorter);
    }
    return shorter;
  }

  #newState(length: number): number {
    this.lengths[this.size] = length;
    return this.size++;
  }

  /** Makes `symbol` lead from `state` to `target`. */
  #lead(state: number, symbol: number, target: number): void {
    if (state === ROOT) {
      this.#first[symbol] = target;
      return;
    }
    let edge = this.#edgeOf(state, symbol);
    if (edge === NONE) {
      edge = this.#edgeCount++;
      this.#edgeSymbols[edge] = symbol;
      this.#nextEdges[edge] = this.#edges[state];
      this.#edges[state] = edge;
    }
    this.#targets[edge] = target;
  }

  #edgeOf(state: number, symbol: number): number {
    let edge = this.#edges[state];
    while (edge !== NONE && this.#edgeSymbols[edge] !== symbol) edge = this.#nextEdges[edge];
    return edge;
  }
}
