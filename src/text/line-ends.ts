const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Counts the line ends of one text that comes in pieces. */
export class LineEnds {
  /** LF with no CR before it. */
  feeds = 0;
  /** CR LF. */
  pairs = 0;
  /** CR with no LF after it. */
  returns = 0;
  #afterReturn = false;

  count(codes: Uint32Array): void {
    let { feeds, pairs, returns } = this;
    let afterReturn = this.#afterReturn;
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i];
      if (code > CARRIAGE_RETURN && !afterReturn) continue;
      if (code === LINE_FEED && afterReturn) pairs++;
      else if (code === LINE_FEED) feeds++;
      else if (afterReturn) returns++;
      afterReturn = code === CARRIAGE_RETURN;
    }
    Object.assign(this, { feeds, pairs, returns });
    this.#afterReturn = afterReturn;
  }

  end(): void {
    if (this.#afterReturn) this.returns++;
    this.#afterReturn = false;
  }
}

/** Makes the line ends of a text that comes in pieces LF: CR LF and CR become one LF each. */
export class LineEndFolder {
  #afterReturn = false;

  /** Folds a piece in place. The result shares its memory. */
  fold(codes: Uint32Array): Uint32Array {
    let kept = 0;
    let afterReturn = this.#afterReturn;
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i];
      const isSecond = afterReturn && code === LINE_FEED;
      afterReturn = code === CARRIAGE_RETURN;
      if (!isSecond) codes[kept++] = afterReturn ? LINE_FEED : code;
    }
    this.#afterReturn = afterReturn;
    return codes.subarray(0, kept);
  }
}
