import { code } from "./code.ts";
import { type Grammar } from "./grammar.ts";
import { tales } from "./tales.ts";

/** The grammars that `charrnn corpus` knows, by name. */
export const grammars: Readonly<Record<string, Grammar>> = { tales, code };

export { type Grammar } from "./grammar.ts";
export { generate } from "./generate.ts";
export { floor, score } from "./score.ts";
