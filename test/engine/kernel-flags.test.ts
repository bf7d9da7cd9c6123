import { expect, it } from "vitest";
import { KERNEL_FLAGS } from "../../src/engine/kernel-flags.ts";

const valueOf = (name: string) =>
  KERNEL_FLAGS.find((flag) => flag.startsWith(`-D${name}=`))?.slice(`-D${name}=`.length);

it("gives the C source every operation's words in the order in which programs have them", () => {
  expect(valueOf("WORDS_copy")).toBe("TENSOR(from) TENSOR(to) TENSOR(guard) ROWS");
  expect(valueOf("WORDS_lstm_forward")).toBe(
    "ROW(gates,4) ROW(cell_before,1) ROW(cell,1) ROW(hidden,1) PART",
  );
  expect(valueOf("WORDS_sum_of_squares")).toBe("TENSOR(tensor) TENSOR(partials) INT(size)");
});

it("lists the operations, and apart those of cells", () => {
  const operations = valueOf("OPERATIONS")?.split(" ") ?? [];
  const cells = valueOf("CELL_OPERATIONS")?.split(" ") ?? [];
  expect(operations).toEqual(expect.arrayContaining([...cells, "X(pack)", "X(add_half)"]));
  expect(cells).toContain("X(gru_backward)");
  expect(cells).not.toContain("X(pack)");
});
