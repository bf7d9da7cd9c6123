import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SymbolWriter } from "../../src/text/symbol-writer.ts";
import { type SymbolWidth } from "../../src/text/symbols.ts";

function written(writer: SymbolWriter): number[] {
  const symbols = writer.symbols();
  return Array.from({ length: symbols.length }, (_, i) => symbols.at(i));
}

const widths: readonly SymbolWidth[] = [1, 2, 4];
const largest = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff };

describe("SymbolWriter", () => {
  it("keeps what was appended, whatever the pieces and the segments", () => {
    const piece = fc.array(fc.nat(255), { maxLength: 40 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.constantFrom(4, 8, 64), (pieces, segmentBytes) => {
        const writer = new SymbolWriter(1, segmentBytes);
        for (const indices of pieces) writer.append(Uint32Array.from(indices));
        expect(written(writer)).toEqual(pieces.flat());
        expect(writer.length).toBe(pieces.flat().length);
      }),
    );
  });

  it("widens as often as needed without changing an index", () => {
    const step = fc.constantFrom(...widths).chain((width) =>
      fc.record({
        width: fc.constant(width),
        indices: fc.array(fc.nat(largest[width]), { maxLength: 30 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
        const writer = new SymbolWriter(1, 8);
        for (const { width, indices } of steps) {
          writer.widen(width);
          writer.append(Uint32Array.from(indices));
        }
        expect(written(writer)).toEqual(steps.flatMap(({ indices }) => indices));
        expect(writer.symbols().bytesPerSymbol).toBe(Math.max(1, ...steps.map(({ width }) => width)));
      }),
    );
  });

  it.each(widths.flatMap((from) => widths.filter((to) => to <= from).map((to) => [from, to] as const)))(
    "renumbers from %i bytes a symbol to %i",
    (from, to) => {
      // Index i becomes 10 - i; 23 symbols end within a segment at every width.
      const indices = Array.from({ length: 23 }, (_, i) => i % 11);
      const writer = new SymbolWriter(from, 8);
      writer.append(Uint32Array.from(indices));
      writer.renumber(
        Uint32Array.from({ length: 11 }, (_, i) => 10 - i),
        to,
      );
      expect(written(writer)).toEqual(indices.map((i) => 10 - i));
      expect(writer.symbols().bytesPerSymbol).toBe(to);
    },
  );

  it("goes on after it was renumbered", () => {
    const writer = new SymbolWriter(2, 4);
    writer.append(Uint32Array.of(0, 1, 2));
    writer.renumber(Uint32Array.of(2, 1, 0), 1);
    writer.append(Uint32Array.of(7, 8));
    expect(written(writer)).toEqual([2, 1, 0, 7, 8]);
  });
});
