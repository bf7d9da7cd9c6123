import { setTimeout } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { Arena } from "../../../src/engine/arena.ts";
import { control } from "../../../src/engine/run-queue.ts";
import { MOST_RUNS } from "../../../src/engine/engine.ts";
import { Team } from "../../../src/engine/node/team.ts";
import { Layout } from "../../../src/engine/tensor.ts";
import { loadWasm } from "../../../src/engine/node/wasm.ts";

const layout = new Layout();
const [parameter, gradient] = [layout.tensor([10_000]), layout.tensor([10_000])];
const [status, rates] = [layout.tensor([4]), layout.tensor([4])];
const update = {
  op: "sgd",
  parameter,
  gradient,
  status,
  rates,
  limit: 0,
  weightDecay: 0,
  momentum: 0,
} as const;
/** Adding 1 to every element; then, by other shares of the threads, to `gradient` what was added to `parameter`. */
const programs = { add: [update], copy: [{ op: "copy", from: parameter, to: gradient }] } as const;

async function openTeam() {
  const arena = new Arena(layout, programs, { threads: 2 });
  const team = await Team.open(arena, { name: "wasm", ...(await loadWasm()) }, 2);
  // Factor 1 and not rejected; learning rate 1 and gradient -1: each run adds 1.
  arena.floats(status.offset, 4).set([0, 0, 1, 0]);
  arena.floats(rates.offset, 4).set([1, 0, 0, 0]);
  arena.floats(gradient.offset, gradient.size).fill(-1);
  onTestFinished(() => team.close());
  return { arena, team };
}

const valuesOf = (arena: Arena<string>) => arena.floats(parameter.offset, parameter.size);

it("runs a program once for each time it is asked to, though its threads are woken for nothing", async () => {
  const { arena, team } = await openTeam();
  for (let runs = 1; runs <= 20; runs++) {
    await team.run(arena.program("add"));
    // Once the threads sleep again, as a caller does who was held up between counting a run and waking for it.
    await setTimeout(5);
    Atomics.notify(arena.controlWords, control.asked);
    await setTimeout(5);
    expect(valuesOf(arena).every((value) => value === runs)).toBe(true);
  }
});

it("runs what is asked for before the last run has ended after it, programs of a run in their order", async () => {
  const { arena, team } = await openTeam();
  const [add, copy] = [arena.program("add"), arena.program("copy")];
  // p - g: 0 + 1 = 1, 1 + 1 = 2, then g = p = 2 and 2 - 2 = 0, g = 0.
  const runs = [team.run(add), team.run(add, copy), team.run(add, copy)];
  await runs[2];
  expect(valuesOf(arena).every((value) => value === 0)).toBe(true);
  await Promise.all(runs);
});

it("keeps its count over thousands of runs asked for ahead", async () => {
  const { arena, team } = await openTeam();
  const add = arena.program("add");
  let last = team.run(add);
  for (let runs = 2; runs <= 3000; runs++) {
    const before = last;
    last = team.run(add);
    await before;
  }
  await last;
  expect(valuesOf(arena).every((value) => value === 3000)).toBe(true);
});

it("finishes what is under way before it closes, as much as can be asked for, and takes no more", async () => {
  const { arena, team } = await openTeam();
  const add = arena.program("add");
  const runs = Array.from({ length: MOST_RUNS }, () => team.run(add, add, add));
  const closing = team.close();
  await expect(team.run(add)).rejects.toThrow("the team is closed");
  await closing;
  expect(valuesOf(arena).every((value) => value === 3 * MOST_RUNS)).toBe(true);
  await Promise.all(runs);
});

it("tells what made its threads fail to whoever waits for them, and closes", async () => {
  const { arena, team } = await openTeam();
  // One word of a program that no operation has: the kernels trap.
  new Uint32Array(arena.memory.buffer, arena.program("add"), 1)[0] = 1000;
  await expect(team.run(arena.program("add"))).rejects.toThrow(/unreachable/);
  await team.close();
});
