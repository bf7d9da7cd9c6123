import { UsageError } from "../errors.ts";
import { cells } from "./cells/index.ts";
import { directionsOf, type Direction, type ModelShape } from "./shapes.ts";

/** A unit of a network: `c:0:42` is unit 42 of the cell state of layer 0. Layers and units count from 0. */
export interface UnitName {
  readonly state: string;
  readonly layer: number;
  readonly unit: number;
}

/** The H units of one state or gate of a layer, in one direction. */
export interface UnitGroup {
  /** The letter in the cell's equations: `h`, `c` or a gate. In a reverse direction with PyTorch's ending: `h_reverse`. */
  readonly state: string;
  readonly layer: number;
  readonly direction: Direction;
  /** The index among the states of the cell, or among its gates. */
  readonly index: number;
  readonly isGate: boolean;
}

export function formatUnit({ state, layer, unit }: UnitName): string {
  return `${state}:${layer}:${unit}`;
}

/** @throws UsageError if the text is no name of a unit */
export function parseUnit(text: string): UnitName {
  const match = /^([a-z]+(?:_reverse)?):(\d{1,9}):(\d{1,9})$/.exec(text.trim());
  if (match !== null) return { state: match[1], layer: Number(match[2]), unit: Number(match[3]) };
  throw new UsageError(
    `${JSON.stringify(text)} names no unit: write state:layer:unit, as in c:0:42 (layers and units count from 0)`,
  );
}

/** The groups of units of a network with one stack, layer by layer: the states, then with `gates` also the gates. */
export function unitGroups(model: ModelShape, { gates }: { readonly gates: boolean }): UnitGroup[] {
  const { stateLetters, gateLetters } = cells[model.cell];
  return Array.from({ length: model.layers }, (_, layer) =>
    directionsOf(model).flatMap((direction) => {
      const group = (letter: string, index: number, isGate: boolean): UnitGroup => ({
        state: direction === "reverse" ? `${letter}_reverse` : letter,
        layer,
        direction,
        index,
        isGate,
      });
      return [
        ...stateLetters.map((letter, index) => group(letter, index, false)),
        ...(gates ? gateLetters.map((letter, index) => group(letter, index, true)) : []),
      ];
    }),
  ).flat();
}

/**
 * The group that a unit of a network belongs to.
 * @throws UsageError if the network has no such unit
 */
export function groupOf(
  name: UnitName,
  model: ModelShape,
  which: { readonly gates: boolean } = { gates: false },
): UnitGroup {
  const groups = unitGroups(model, which);
  const group = groups.find(({ state, layer }) => state === name.state && layer === name.layer);
  if (group !== undefined && name.unit < model.hidden) return group;
  const states = [...new Set(groups.map(({ state }) => state))].join(", ");
  throw new UsageError(
    `the model has no unit ${formatUnit(name)}: its states are ${states}, its layers 0 to ${model.layers - 1}, ` +
      `its units 0 to ${model.hidden - 1}`,
  );
}
