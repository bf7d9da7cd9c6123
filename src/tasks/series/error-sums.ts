import { type NumberScores } from "../class-scores.ts";

/** The errors of predicted rows. `perColumn` is there if a row has several columns. */
export interface SeriesScores extends NumberScores {
  readonly perColumn?: readonly ({ readonly column: string } & NumberScores)[];
}

/**
 * Sums the errors of predicted rows, in the units of the data. RMSE and MAE are computed for each column. If there are
 * several columns, the scores are the means over the columns.
 */
export class ErrorSums {
  readonly #columns: readonly string[];
  readonly #squares: number[];
  readonly #absolutes: number[];
  #rows = 0;

  constructor(columns: readonly string[]) {
    this.#columns = columns;
    this.#squares = columns.map(() => 0);
    this.#absolutes = columns.map(() => 0);
  }

  add(truth: ArrayLike<number>, predicted: ArrayLike<number>): void {
    this.#rows += 1;
    for (let column = 0; column < this.#columns.length; column++) {
      const error = predicted[column] - truth[column];
      this.#squares[column] += error * error;
      this.#absolutes[column] += Math.abs(error);
    }
  }

  /** The scores of the rows. There must be at least one row. */
  get scores(): SeriesScores {
    const perColumn = this.#columns.map((column, index) => ({
      column,
      rmse: Math.sqrt(this.#squares[index] / this.#rows),
      mae: this.#absolutes[index] / this.#rows,
    }));
    const meanOf = (name: keyof NumberScores) =>
      perColumn.reduce((sum, scores) => sum + scores[name], 0) / perColumn.length;
    return { rmse: meanOf("rmse"), mae: meanOf("mae"), ...(perColumn.length > 1 && { perColumn }) };
  }
}
