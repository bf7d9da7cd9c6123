/** How many colours the stylesheet has: --colour-0 and so on. */
const COLOURS = 8;

/**
 * A colour for each name. A name has the same colour on every page, unless another name on the page has taken the
 * colour.
 */
export function coloursOf(names: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set<number>();
  const colours = new Map<string, string>();
  for (const name of names) {
    let colour = hashOf(name) % COLOURS;
    if (taken.size < COLOURS) while (taken.has(colour)) colour = (colour + 1) % COLOURS;
    taken.add(colour);
    colours.set(name, `var(--colour-${colour})`);
  }
  return colours;
}

/** FNV-1a over the units of UTF-16. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash;
}
