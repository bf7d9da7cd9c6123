import { type Symbols } from "../text/symbols.ts";
import { SuffixAutomaton } from "./suffix-automaton.ts";

/** The lengths of the stretches whose shares are told, in symbols. */
export const stretchLengths = [5, 10, 20] as const;

/** How much of a sample stands in the training text, symbol for symbol. */
export interface Copied {
  /** The longest stretch: its length, where it begins in the sample, and where its first copy begins in the text. */
  readonly longest: { readonly length: number; readonly start: number; readonly position: number };
  /** For each of `stretchLengths`: the share of the sample's stretches of this length that stand in the text, or null. */
  readonly shares: readonly (number | null)[];
}

/** More symbols would take more than about 500 MB of memory. */
export const MOST_COMPARED = 4_000_000;

/** How many symbols of the text are copied at once. */
const SYMBOLS_AT_ONCE = 2 ** 16;

/**
 * Compares samples with the training text. Both are indices below `alphabet`. The automaton is that of the samples and
 * the text runs through it once, so that the memory depends on the samples alone: about 120 bytes for each symbol.
 */
export function compareWithText(
  samples: readonly Int32Array[],
  text: Symbols,
  alphabet: number,
): readonly Copied[] {
  // One more symbol, which the text does not have, stands after each sample: no stretch spans two samples.
  const list = new Int32Array(samples.reduce((sum, sample) => sum + sample.length + 1, 0)).fill(alphabet);
  let start = 0;
  const starts = samples.map((sample) => {
    list.set(sample, start);
    start += sample.length + 1;
    return start - sample.length - 1;
  });
  const automaton = new SuffixAutomaton(list, alphabet + 1);
  const { found, ends } = findStretches(automaton, text);
  return samples.map((sample, index) => {
    const first = starts[index];
    const states = automaton.states.subarray(first, first + sample.length);
    return copiedIn(states, found, ends);
  });
}

/**
 * For each state of the automaton: the length of the longest of its stretches that the text has, or of the longest end
 * of them, and where the first copy ends in the text.
 */
function findStretches(automaton: SuffixAutomaton, text: Symbols) {
  const { lengths, links, size } = automaton;
  const found = new Int32Array(size);
  const ends = new Float64Array(size);
  const piece = new Int32Array(Math.min(SYMBOLS_AT_ONCE, text.length));
  let state = 0;
  let length = 0;
  for (let start = 0; start < text.length; start += SYMBOLS_AT_ONCE) {
    const count = Math.min(SYMBOLS_AT_ONCE, text.length - start);
    text.copyTo(piece, 0, start, start + count);
    for (let i = 0; i < count; i++) {
      let next = automaton.follow(state, piece[i]);
      while (next < 0 && state !== 0) {
        state = links[state];
        length = lengths[state];
        next = automaton.follow(state, piece[i]);
      }
      if (next < 0) continue;
      state = next;
      length++;
      if (length > found[state]) {
        found[state] = length;
        ends[state] = start + i + 1;
      }
    }
  }
  const byLength = statesByLength(automaton);
  // Where the text has a stretch, it has all ends of the stretch.
  for (let i = size - 1; i > 0; i--) {
    const [from, link] = [byLength[i], links[byLength[i]]];
    if (found[from] === 0 || found[link] === lengths[link]) continue;
    found[link] = lengths[link];
    ends[link] = ends[from];
  }
  for (let i = 1; i < size; i++) {
    const [state, link] = [byLength[i], links[byLength[i]]];
    if (found[state] > 0) continue;
    found[state] = found[link];
    ends[state] = ends[link];
  }
  return { found, ends };
}

/** The states in the order of their lengths, the root first: a counting sort. */
function statesByLength({ lengths, size }: SuffixAutomaton): Int32Array {
  const longest = lengths.subarray(0, size).reduce((most, length) => Math.max(most, length), 0);
  const places = new Int32Array(longest + 2);
  for (let state = 0; state < size; state++) places[lengths[state] + 1]++;
  for (let length = 0; length < longest; length++) places[length + 1] += places[length];
  const sorted = new Int32Array(size);
  for (let state = 0; state < size; state++) sorted[places[lengths[state]]++] = state;
  return sorted;
}

/** `states`: of the sample up to and including each of its symbols. */
function copiedIn(states: Int32Array, found: Int32Array, ends: Float64Array): Copied {
  let longest = { length: 0, start: 0, position: 0 };
  const counts = stretchLengths.map(() => 0);
  for (let i = 0; i < states.length; i++) {
    const length = found[states[i]];
    stretchLengths.forEach((wanted, index) => {
      if (length >= wanted) counts[index]++;
    });
    if (length > longest.length) {
      longest = { length, start: i + 1 - length, position: ends[states[i]] - length };
    }
  }
  const shares = stretchLengths.map((wanted, index) =>
    states.length < wanted ? null : counts[index] / (states.length - wanted + 1),
  );
  return { longest, shares };
}
