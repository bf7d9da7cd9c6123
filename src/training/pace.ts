/** Measures the speed of a run: counts the symbols and the time of its updates since the last report. */
export class Pace {
  #symbols = 0;
  #milliseconds = 0;
  #since = performance.now();

  /** Starts the clock. The time between the last update and this call is not counted as training. */
  begin(): void {
    this.#since = performance.now();
  }

  /** Counts an update that has just ended, with its number of symbols. */
  count(symbols: number): void {
    const now = performance.now();
    this.#symbols += symbols;
    this.#milliseconds += now - this.#since;
    this.#since = now;
  }

  /** Returns the symbols a second since the last `take`, and starts a new measurement. */
  take(): number {
    const speed = (1000 * this.#symbols) / this.#milliseconds;
    this.#symbols = 0;
    this.#milliseconds = 0;
    return speed;
  }
}
