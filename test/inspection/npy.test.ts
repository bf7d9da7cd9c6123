import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { npyPieces } from "../../src/inspection/npy.ts";
import { temporaryFolder } from "../checkpoint/fixture.ts";
import { testsAll } from "../scope.ts";

const units = [
  { name: "h:0:0", layer: 0, isGate: false, values: Float32Array.of(1, -2, 0.5) },
  { name: "h:0:1", layer: 0, isGate: false, values: Float32Array.of(4, 5, 6) },
];
const file = Buffer.concat([...npyPieces(units)]);

describe("a NumPy file of activations", () => {
  it("has a padded header of NumPy's format 1.0, and then the rows", () => {
    expect(file.subarray(0, 8)).toEqual(Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]));
    const length = file.readUInt16LE(8);
    expect((10 + length) % 64).toBe(0);
    const header = file.subarray(10, 10 + length).toString("latin1");
    expect(header).toMatch(/^\{'descr': '<f4', 'fortran_order': False, 'shape': \(3, 2\), \} *\n$/);
    const data = file.subarray(10 + length);
    expect(Array.from({ length: 6 }, (_, i) => data.readFloatLE(4 * i))).toEqual([1, 4, -2, 5, 0.5, 6]);
    expect(data).toHaveLength(24);
  });

  it.runIf(testsAll)("is opened by NumPy", () => {
    const path = join(temporaryFolder(), "states.npy");
    writeFileSync(path, file);
    const script = "import sys, numpy; a = numpy.load(sys.argv[1]); print(a.dtype, a.tolist())";
    const python = process.env.PYTHON ?? "/usr/bin/python3";
    expect(execFileSync(python, ["-c", script, path], { encoding: "utf8" }).trim()).toBe(
      "float32 [[1.0, 4.0], [-2.0, 5.0], [0.5, 6.0]]",
    );
  });
});
