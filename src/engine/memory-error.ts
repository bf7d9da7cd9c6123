import { CharrnnError } from "../errors.ts";

export const NOT_GIVEN = "which this machine does not give";

/** The error for memory that cannot be had. */
export function memoryError(bytes: number, why: string): CharrnnError {
  // Rounded up: a little more than 4 GiB must not read as 4.
  const gigabytes = (Math.ceil((10 * bytes) / 2 ** 30) / 10).toFixed(1);
  return new CharrnnError(
    `this run needs ${gigabytes} GiB, ${why}: reduce --hidden, --layers, --batch-size or --seq-length`,
  );
}
