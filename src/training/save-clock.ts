/** Tells when a run is due to be saved, by the time since the last save. */
export class SaveClock {
  readonly #seconds: number;
  #savedAt = process.uptime();

  /** `seconds`: the time between saves. */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  get isDue(): boolean {
    return process.uptime() - this.#savedAt >= this.#seconds;
  }

  /** Starts a new interval, because the run has just been saved. */
  reset(): void {
    this.#savedAt = process.uptime();
  }
}
