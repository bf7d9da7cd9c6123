import { CharrnnError } from "../errors.ts";

export const NOT_GIVEN = "which this machine cannot provide";

/** The error for a run that needs too much memory. `why` completes the sentence "this run needs 5.0 GiB, ...". */
export function memoryError(bytes: number, why: string): CharrnnError {
  // Rounded up, because a little more than 4 GiB must not appear as 4.
  const gigabytes = (Math.ceil((10 * bytes) / 2 ** 30) / 10).toFixed(1);
  return new CharrnnError(
    `this run needs ${gigabytes} GiB, ${why}: reduce --hidden, --layers, --batch-size or --seq-length`,
  );
}
