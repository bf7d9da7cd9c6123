import { symbolWidth } from "../../text/symbols.ts";
import { blocks } from "../../turns.ts";

/** The table grows before more than this share of its slots is filled. */
const MAXIMUM_LOAD = 0.75;

/**
 * The counts of the n-grams of one order. The key of an n-gram is its last symbol and its prefix. The prefix is the id
 * of the first n-1 symbols in the table of the order below. A new n-gram gets the next free id: 0, 1, 2 and so on. An
 * open-addressing hash table with linear probing finds ids. An n-gram takes 9 to 12 bytes in the arrays that are
 * indexed by id, and 5.3 to 11 bytes for its slots.
 */
export class NgramCounts {
  size = 0;
  prefixes = new Uint32Array(0);
  symbols: Uint8Array | Uint16Array | Uint32Array;
  counts = new Uint32Array(0);
  /** Id + 1, or 0 if the slot is empty. The number of slots is a power of two. */
  #slots = new Uint32Array(1);
  readonly #SymbolArray: Uint8ArrayConstructor | Uint16ArrayConstructor | Uint32ArrayConstructor;

  constructor(vocabularySize: number) {
    this.#SymbolArray = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array }[symbolWidth(vocabularySize)];
    this.symbols = new this.#SymbolArray(0);
  }

  /** The id of an n-gram, or -1 if the n-gram is unknown. */
  find(prefix: number, symbol: number): number {
    return this.#slots[this.#slotOf(prefix, symbol)] - 1;
  }

  /** The id of an n-gram. A new n-gram is added with the count 0; `reserve` must have made space before. */
  findOrAdd(prefix: number, symbol: number): number {
    const slot = this.#slotOf(prefix, symbol);
    if (this.#slots[slot] === 0) {
      this.prefixes[this.size] = prefix;
      this.symbols[this.size] = symbol;
      this.#slots[slot] = ++this.size;
    }
    return this.#slots[slot] - 1;
  }

  /** Makes space for `extra` new n-grams. Lets the event loop run while a large table grows. */
  async reserve(extra: number): Promise<void> {
    let slotCount = this.#slots.length;
    while (this.size + extra > MAXIMUM_LOAD * slotCount) slotCount *= 2;
    if (slotCount === this.#slots.length) return;

    const capacity = MAXIMUM_LOAD * slotCount;
    this.prefixes = copyInto(new Uint32Array(capacity), this.prefixes);
    this.symbols = copyInto(new this.#SymbolArray(capacity), this.symbols);
    this.counts = copyInto(new Uint32Array(capacity), this.counts);
    this.#slots = new Uint32Array(slotCount);
    for await (const [start, end] of blocks(0, this.size)) {
      for (let id = start; id < end; id++) {
        this.#slots[this.#slotOf(this.prefixes[id], this.symbols[id])] = id + 1;
      }
    }
  }

  /** The slot of an n-gram, or the empty slot where the n-gram would be added. */
  #slotOf(prefix: number, symbol: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hash = Math.imul(prefix, 0x9e3779b1) + Math.imul(symbol, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const id = slots[slot] - 1;
      if (id < 0 || (this.prefixes[id] === prefix && this.symbols[id] === symbol)) return slot;
      slot = (slot + 1) & mask;
    }
  }
}

function copyInto<Numbers extends Uint8Array | Uint16Array | Uint32Array>(
  target: Numbers,
  source: ArrayLike<number>,
): Numbers {
  target.set(source);
  return target;
}
