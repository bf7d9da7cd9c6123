import { type Cell } from "./cell.ts";
import { gru } from "./gru.ts";
import { lstm } from "./lstm.ts";
import { mingru } from "./mingru.ts";
import { rnn } from "./rnn.ts";

export { type Cell } from "./cell.ts";

const registry = { rnn, lstm, gru, mingru };

export type CellName = keyof typeof registry;

/** Every cell by its name. */
export const cells: Readonly<Record<CellName, Cell>> = registry;

export const cellNames = Object.keys(registry) as readonly CellName[];
