/** Says when latest.json has to be saved by the clock, however many steps that is. */
export class SaveClock {
  readonly #seconds: number;
  #savedAt = process.uptime();

  /** `seconds` between saves. */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  get isDue(): boolean {
    return process.uptime() - this.#savedAt >= this.#seconds;
  }

  /** The run has just been saved. */
  reset(): void {
    this.#savedAt = process.uptime();
  }
}
