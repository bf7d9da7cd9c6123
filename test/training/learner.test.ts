import { afterEach, describe, expect, it } from "vitest";
import { initialParameters } from "../../src/model/initialization.ts";
import { namedData, type StoredValues } from "../../src/model/weights.ts";
import { Random } from "../../src/random.ts";
import { randomData } from "../../src/tasks/random-data.ts";
import { type Chunk } from "../../src/tasks/task.ts";
import { Learner } from "../../src/training/learner.ts";
import { completeOptions } from "../../src/training/option-checks.ts";
import { sizesOf } from "../model/fixture.ts";
import { chunkOf as chunkOfSymbols } from "../tasks/chunk.ts";

const V = 5;
const T = 6;
const B = 4;
const RATE = 0.01;

const config = { cell: "lstm", layers: 2, hidden: 20, embedding: 0, dropout: 0.2 } as const;
const options = completeOptions({ batchSize: B, seqLength: T });

const random = Random.of(3);
const symbols = (steps: number) => Int32Array.from({ length: steps * B }, () => random.nextUint32() % V);
const chunkOf = (steps: number, fresh = false): Chunk =>
  chunkOfSymbols(steps, symbols(steps), symbols(steps), fresh);
/** A chunk of half the length ends an epoch; the next begins one. */
const chunks = [chunkOf(T, true), chunkOf(T), chunkOf(T / 2), chunkOf(T, true), chunkOf(T)];

const opened: Learner[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((learner) => learner.close()));
});

async function learnerOn(engine: "wasm" | "reference"): Promise<Learner> {
  const plan = { config, data: randomData(V, { batch: B, lengths: [T, T / 2] }), options };
  const learner = await Learner.open(plan, { engine, threads: 2 });
  opened.push(learner);
  learner.loadParameters(namedData(await initialParameters(config, sizesOf(V), options, Random.of(1))));
  return learner;
}

const everythingOf = async (learner: Learner) => {
  const parts = await Promise.all([learner.parameters(), learner.moments(), learner.states()]);
  return parts.map((part) => namesAndData(part));
};
const namesAndData = (values: ReadonlyMap<string, StoredValues>) => {
  return [...values].map(([name, { data }]) => [name, data] as const);
};

describe.each(["wasm", "reference"] as const)("a learner on the %s engine", (engine) => {
  it("learns the same, to the bit, where each update is handed over before the last has ended", async () => {
    const one = await learnerOn(engine);
    const inTurn = [];
    for (const [index, chunk] of chunks.entries()) inTurn.push(await one.update(chunk, index + 1, RATE));

    const other = await learnerOn(engine);
    const ahead = [];
    let last = other.update(chunks[0], 1, RATE);
    for (const [index, chunk] of chunks.slice(1).entries()) {
      const before = last;
      // The chunk is taken over at once: whoever fills the same arrays anew changes nothing.
      const [inputs, targets] = [chunk.inputs.inputs.slice(), chunk.inputs.targets.slice()];
      const reused = { ...chunk, inputs: { inputs, targets } };
      last = other.update(reused, index + 2, RATE);
      inputs.fill(0);
      targets.fill(0);
      ahead.push(await before);
    }
    ahead.push(await last);
    expect(ahead).toEqual(inTurn);
    expect(await everythingOf(other)).toEqual(await everythingOf(one));
  });

  it("starts a fresh chunk from the zero state, and any other from where the last one ended", async () => {
    const lossesOf = async (...given: Chunk[]) => {
      const learner = await learnerOn(engine);
      const losses = [];
      // Without a learning rate only the states differ; dropout is drawn anew for the same step.
      for (const chunk of given) losses.push((await learner.update(chunk, 1, 0)).loss);
      return losses;
    };
    const again = chunkOf(T, true);
    const [alone] = await lossesOf(again);
    expect((await lossesOf(chunks[0], again))[1]).toBe(alone);
    expect((await lossesOf(chunks[0], { ...again, fresh: false }))[1]).not.toBe(alone);
  });

  it("drops other units at every step", async () => {
    const learner = await learnerOn(engine);
    const losses = [];
    for (const step of [1, 2, 3, 1]) losses.push((await learner.update(chunks[0], step, 0)).loss);
    expect(new Set(losses).size).toBe(3);
    expect(losses[3]).toBe(losses[0]);
  });

  it("learns nothing from a chunk that follows one it rejects, and looks into the one rejected", async () => {
    const learner = await learnerOn(engine);
    const parameters = namedData(await initialParameters(config, sizesOf(V), options, Random.of(1)));
    // Symbol 0 is expected everywhere; another one costs some 9 nats.
    parameters.get("head.bias")?.data.fill(9, 0, 1);
    learner.loadParameters(parameters);
    // Leaves the parameters as they are, and carried states that are not zero.
    await learner.update(chunks[0], 1, 0);
    const before = await everythingOf(learner);
    const surprisingAt = (step: number, fresh: boolean): Chunk => {
      const targets = new Int32Array(T * B).fill(1, step * B, (step + 1) * B);
      return chunkOfSymbols(T, symbols(T), targets, fresh);
    };
    const rejected = learner.update(surprisingAt(4, false), 2, RATE, 0.5);
    const next = learner.update(surprisingAt(2, true), 3, RATE);
    expect(await rejected).toMatchObject({ applied: false });
    expect(await next).toMatchObject({ applied: false });
    expect(await everythingOf(learner)).toEqual(before);
    expect(await learner.diagnose()).toMatchObject({ what: "the loss", step: 4 });
  });
});
