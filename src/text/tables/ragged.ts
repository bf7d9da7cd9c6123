import { CharrnnError } from "../../errors.ts";

/** The error for a line with another number of fields than `expected` says. `advice` says how to write the line. */
export function raggedLine(
  table: string,
  line: number,
  width: number,
  expected: string,
  advice: string,
): CharrnnError {
  const fields = width === 1 ? "1 field" : `${width} fields`;
  return new CharrnnError(`${table}, line ${line} has ${fields}, but ${expected}; ${advice}`);
}
