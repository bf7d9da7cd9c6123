/**
 * A failure that the user can do something about. `message` is one line: what is wrong and what to do. The command line
 * prints the message without a stack trace and exits with `exitCode`.
 */
export class CharrnnError extends Error {
  override readonly name: string = "CharrnnError";
  readonly exitCode: number = 1;
}

/** Wrong usage: an unknown option, a value out of range, options that contradict each other. Exits with 2. */
export class UsageError extends CharrnnError {
  override readonly name = "UsageError";
  override readonly exitCode = 2;
}

/** The message of a thrown value. In JavaScript it need not be an Error. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
