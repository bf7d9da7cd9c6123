/** A place of a text where a unit is high or low. */
export interface UnitPlace {
  /** The position of the character that has just been read. */
  readonly position: number;
  readonly activation: number;
}

/** Two places are at least this many characters apart, so that they show different contexts. */
const APART = 40;

/**
 * The places where a unit is highest and where it is lowest, the most extreme first: up to `count` of each. `values`: the
 * activation at each character.
 */
export function extremePlaces(
  values: Float32Array,
  count: number,
): { highest: UnitPlace[]; lowest: UnitPlace[] } {
  const order = Uint32Array.from(values, (_, position) => position);
  order.sort((one, other) => values[other] - values[one] || one - other);
  return { highest: spread(order, values, count), lowest: spread(order.reverse(), values, count) };
}

function spread(order: Uint32Array, values: Float32Array, count: number): UnitPlace[] {
  const places: UnitPlace[] = [];
  for (const position of order) {
    if (places.length === count) break;
    if (places.every((place) => Math.abs(place.position - position) >= APART)) {
      places.push({ position, activation: values[position] });
    }
  }
  return places;
}
