import { exampleTask } from "../examples/example-task.ts";

/** A sequence in, one answer out: a class or a number, from the hidden state that has read the whole sequence. */
export const manyToOne = exampleTask({ oneStep: false, tagged: false });
