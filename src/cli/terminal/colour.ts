import { Chalk, type ChalkInstance } from "chalk";
import { type OutputStream, type Terminal } from "./terminal.ts";

type Environment = Terminal["env"];

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}

function isDumb(stream: OutputStream, env: Environment): boolean {
  return stream.isTTY !== true || env.TERM === "dumb";
}

/**
 * The colours for a stream: none if NO_COLOR is set (https://no-color.org) or the stream is no terminal, unless
 * FORCE_COLOR asks for them. Sixteen colours are enough, and every terminal has them.
 */
export function colourOf(stream: OutputStream, env: Environment): ChalkInstance {
  const forced = isSet(env.FORCE_COLOR) && env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  const refused = isSet(env.NO_COLOR) || (isSet(env.FORCE_COLOR) && !forced);
  return new Chalk({ level: !refused && (forced || !isDumb(stream, env)) ? 1 : 0 });
}

/**
 * Whether a line can be redrawn in place: the stream is a terminal that can do so, and NO_COLOR does not ask for plain
 * output.
 */
export function canRedraw(stream: OutputStream, env: Environment): boolean {
  return !isDumb(stream, env) && !isSet(env.NO_COLOR);
}
