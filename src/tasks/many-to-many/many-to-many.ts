import { exampleTask } from "../examples/example-task.ts";

/** A sequence in, an answer at each of its steps out: the tag of a character, of a token or of a row of numbers. */
export const manyToMany = exampleTask({ oneStep: false, tagged: true });
