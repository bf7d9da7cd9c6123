/** Whether every shape, cell and size is tested: `npm run test:all`. `npm test` takes a choice of them. */
export const testsAll = process.env.CHARRNN_TEST_ALL === "yes";

/** Everything in `npm run test:all`, and in `npm test` the few. */
export function allOr<const T>(few: readonly T[], everything: readonly T[]): readonly T[] {
  return testsAll ? everything : few;
}
