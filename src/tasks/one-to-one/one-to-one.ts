import { exampleTask } from "../examples/example-task.ts";

/** A row of numbers in, one answer out: a class or a number. The network is unrolled for a single step. */
export const oneToOne = exampleTask({ oneStep: true, tagged: false });
