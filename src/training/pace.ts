/** How fast a run trains: counts the symbols and the seconds of its updates since the last report. */
export class Pace {
  #symbols = 0;
  #milliseconds = 0;
  #since = performance.now();

  /** Starts the clock. The time since the last update was not spent on training. */
  begin(): void {
    this.#since = performance.now();
  }

  /** An update of so many symbols has ended. */
  count(symbols: number): void {
    const now = performance.now();
    this.#symbols += symbols;
    this.#milliseconds += now - this.#since;
    this.#since = now;
  }

  /** Symbols a second since the last call. */
  take(): number {
    const speed = (1000 * this.#symbols) / this.#milliseconds;
    this.#symbols = 0;
    this.#milliseconds = 0;
    return speed;
  }
}
