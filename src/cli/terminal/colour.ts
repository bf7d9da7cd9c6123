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
 * The colours for a stream. NO_COLOR turns colours off (https://no-color.org). Otherwise FORCE_COLOR turns colours on
 * or off. If neither is set, a terminal gets colours. Only the 16 colours that every terminal has are used.
 */
export function colourOf(stream: OutputStream, env: Environment): ChalkInstance {
  const forced = isSet(env.FORCE_COLOR) && env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  const refused = isSet(env.NO_COLOR) || (isSet(env.FORCE_COLOR) && !forced);
  return new Chalk({ level: !refused && (forced || !isDumb(stream, env)) ? 1 : 0 });
}

/**
 * Whether a line of the stream can be redrawn in place: the stream is a terminal (not a dumb one), and NO_COLOR does
 * not ask for plain output.
 */
export function canRedraw(stream: OutputStream, env: Environment): boolean {
  return !isDumb(stream, env) && !isSet(env.NO_COLOR);
}
