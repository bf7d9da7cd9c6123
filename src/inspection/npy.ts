import { type NamedUnit } from "./record.ts";

/** NumPy's format 1.0: the header, with the length in its bytes 8 and 9, is padded so that the data is aligned. */
const MAGIC = [0x93, ...Buffer.from("NUMPY"), 1, 0];
const ALIGNMENT = 64;
/** Rows are written in pieces of about this many bytes. */
const PIECE_BYTES = 2 ** 22;

/**
 * The activations of units as a file that NumPy opens with `numpy.load`, in pieces: float32 [T, units], one row for each
 * character. The format is https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
 */
export function* npyPieces(units: readonly NamedUnit[]): Generator<Uint8Array> {
  const rows = units[0]?.values.length ?? 0;
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${units.length}), }`;
  const before = MAGIC.length + 2;
  const length = Math.ceil((before + header.length + 1) / ALIGNMENT) * ALIGNMENT - before;
  yield Buffer.from([...MAGIC, length & 255, length >> 8]);
  yield Buffer.from(`${header.padEnd(length - 1)}\n`, "latin1");
  const rowsAtOnce = Math.max(1, Math.floor(PIECE_BYTES / (4 * Math.max(1, units.length))));
  for (let first = 0; first < rows; first += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - first);
    const view = new DataView(new ArrayBuffer(4 * count * units.length));
    units.forEach(({ values }, unit) => {
      for (let row = 0; row < count; row++) {
        view.setFloat32(4 * (row * units.length + unit), values[first + row], true);
      }
    });
    yield new Uint8Array(view.buffer);
  }
}
