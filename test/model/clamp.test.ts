import { describe, expect, it } from "vitest";
import { openEngine } from "../../src/engine/engines.ts";
import { Layout, type Tensor } from "../../src/engine/tensor.ts";
import { UsageError } from "../../src/errors.ts";
import { evaluateText } from "../../src/evaluation/evaluate.ts";
import { cellNames } from "../../src/model/cells/index.ts";
import { parseClamp, type RowClamp } from "../../src/model/clamp.ts";
import { Network, type ModelConfig } from "../../src/model/network.ts";
import { UnrolledNetwork } from "../../src/model/unrolled-network.ts";
import { writeStored } from "../../src/model/weights.ts";
import { sample } from "../../src/sampling/sample.ts";
import { Sampler } from "../../src/sampling/sampler.ts";
import { Scorer } from "../../src/tasks/language-model/scorer.ts";
import { planSegments, together } from "../../src/tasks/language-model/segments.ts";
import { vocabularyOf } from "../../src/text/text-vocabulary.ts";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../checkpoint/fixture.ts";
import { charactersOf, randomModel, sizesOf } from "./fixture.ts";

const TEXT = "the cat sat on the mat";
const H = 5;

/** The hidden states [B, H], cell states and logits of each step while a model reads a text in two rows. */
async function read(model: Partial<ModelConfig>, clamps: readonly RowClamp[], steps = 6) {
  const checkpoint = randomModel(charactersOf(TEXT), { layers: 1, hidden: H, ...model });
  const sizes = sizesOf(new Set(TEXT).size);
  const layout = new Layout();
  const network = new Network(layout, checkpoint.model, sizes, { training: false });
  const states = network.carriedStates(2);
  const unrolled = new UnrolledNetwork(layout, network, { batch: 2, steps: 1, states, clamps });
  const step = [...unrolled.loadStates(), ...unrolled.forward(1), ...unrolled.saveStates(1)];
  const engine = await openEngine(layout, { pack: network.pack(), step }, { engine: "reference" });
  try {
    writeStored(engine, network.parameters, checkpoint.parameters);
    for (const { tensor, values } of unrolled.constants) engine.write(tensor, values);
    await engine.run("pack");
    const symbols = vocabularyOf(checkpoint.vocabulary);
    const text = Array.from(TEXT, (character) => symbols.symbols.indexOf(character));
    const valuesOf = async (tensor: Tensor) => Array.from(await engine.read(tensor));
    const result = [];
    for (let t = 0; t < steps; t++) {
      engine.write(unrolled.inputs, [text[t], text[t]]);
      await engine.run("step");
      result.push({
        states: await Promise.all(states.flat().map(valuesOf)),
        logits: await valuesOf(unrolled.logits),
      });
    }
    return { steps: result, parameters: checkpoint.parameters };
  } finally {
    await engine.close();
  }
}

describe("a fixed unit", () => {
  it.each(cellNames)(
    "of the hidden state of %s has its value after each step, and the head reads this value",
    async (cell) => {
      const { steps, parameters } = await read({ cell }, [{ unit: "h:0:2", value: 0.75 }]);
      const weights = parameters.get("head.weight")?.data ?? [];
      const bias = parameters.get("head.bias")?.data ?? [];
      for (const { states, logits } of steps) {
        const hidden = states[0].slice(0, H);
        expect(hidden[2]).toBe(0.75);
        // The first logit by hand: the first row of the head's weights times h, plus the bias.
        const first = hidden.reduce((sum, h, unit) => sum + weights[unit] * h, bias[0]);
        expect(logits[0]).toBeCloseTo(first, 5);
      }
    },
  );

  it.each(cellNames)(
    "of %s changes what the other units compute only from the second step on",
    async (cell) => {
      const [free, fixed] = [
        await read({ cell }, []),
        await read({ cell }, [{ unit: "h:0:2", value: 0.75 }]),
      ];
      const others = (step: { states: number[][] }) =>
        step.states[0].slice(0, H).filter((_, unit) => unit !== 2);
      expect(others(fixed.steps[0])).toEqual(others(free.steps[0]));
      // The gates of minGRU do not read the hidden state, so its units do not read each other.
      if (cell === "mingru") expect(others(fixed.steps[1])).toEqual(others(free.steps[1]));
      else expect(others(fixed.steps[1])).not.toEqual(others(free.steps[1]));
    },
  );

  it("of the cell state of an LSTM keeps exactly its value, and h follows from it: h = o tanh(c)", async () => {
    const free = await read({ cell: "lstm" }, []);
    const fixed = await read({ cell: "lstm" }, [{ unit: "c:0:3", value: -1.5 }]);
    for (const { states } of fixed.steps) expect(states[1][3]).toBe(-1.5);
    // At the first step the gates are those of the free network, so o = h / tanh(c) there.
    const [hidden, cell] = free.steps[0].states;
    const output = hidden[3] / Math.tanh(cell[3]);
    expect(fixed.steps[0].states[0][3]).toBeCloseTo(output * Math.tanh(-1.5), 5);
    expect(fixed.steps[0].states[0].filter((_, unit) => unit !== 3 && unit < H)).toEqual(
      hidden.filter((_, unit) => unit !== 3 && unit < H),
    );
  });

  it("keeps its value in its own rows only", async () => {
    const free = await read({ cell: "lstm", layers: 2 }, []);
    const clamps = [
      { unit: "c:0:1", value: 2, rows: { start: 1, end: 2 } },
      { unit: "h:1:4", value: -0.5, rows: { start: 1, end: 2 } },
    ];
    const fixed = await read({ cell: "lstm", layers: 2 }, clamps);
    fixed.steps.forEach(({ states }, t) => {
      // States in order: h and c of layer 0, then h and c of layer 1. Each is [2, H].
      expect(states.map((state) => state.slice(0, H))).toEqual(
        free.steps[t].states.map((state) => state.slice(0, H)),
      );
      expect(states[1][H + 1]).toBe(2);
      expect(states[2][H + 4]).toBe(-0.5);
    });
  });
});

describe("a network without fixed units", () => {
  const programsOf = (clamps?: readonly RowClamp[]) => {
    const checkpoint = randomModel(charactersOf(TEXT), { cell: "lstm", layers: 2 });
    const layout = new Layout();
    const network = new Network(layout, checkpoint.model, sizesOf(new Set(TEXT).size), { training: false });
    const scorer = new Scorer(layout, network, together(planSegments(200)), clamps);
    return { programs: scorer.programs, bytes: layout.bytes };
  };

  it("runs the same programs in the same memory, and they move no columns", () => {
    const plain = programsOf();
    expect(programsOf([])).toEqual(plain);
    const operations = Object.values(plain.programs).flat();
    expect(operations.map(({ op }) => op)).not.toContain("moveRows");
  });

  it("differs from one with a fixed unit in moved columns only", () => {
    const namesOf = ({ programs }: ReturnType<typeof programsOf>) =>
      Object.values(programs)
        .flat()
        .map(({ op }) => op);
    const fixed = namesOf(programsOf([{ unit: "c:1:0", value: 1 }]));
    expect(fixed).toContain("moveRows");
    expect(fixed.filter((op) => op !== "moveRows")).toEqual(namesOf(programsOf()));
  });
});

describe("clamps of sample and eval", () => {
  const checkpoint = randomModel(charactersOf(TEXT), { cell: "lstm" });
  const clamps = [
    { unit: "c:0:6", value: 3 },
    { unit: "h:1:0", value: -1 },
  ];

  it.each(["wasm", "reference"] as const)(
    "score a text as a sampler with the same clamps predicts it (%s)",
    async (engine) => {
      const folder = temporaryFolder();
      const path = join(folder, "text.txt");
      writeFileSync(path, TEXT);
      const options = { engine, baselines: false, threads: 0 };
      const { loss } = await evaluateText(checkpoint, { text: path }, { ...options, clamps });
      const vocabulary = vocabularyOf(checkpoint.vocabulary);
      const symbols = Array.from(TEXT, (character) => vocabulary.symbols.indexOf(character));
      const sizes = sizesOf(vocabulary.size);
      const sampler = await Sampler.open(checkpoint.model, sizes, checkpoint.parameters, {
        rows: 1,
        engine,
        threads: 0,
        clamps,
      });
      let sum = 0;
      for (let t = 0; t + 1 < symbols.length; t++) {
        const logits = Array.from(await sampler.step([symbols[t]]));
        const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
        sum += Math.log(total) - logits[symbols[t + 1]];
      }
      await sampler.close();
      expect(loss).toBeCloseTo(sum / (symbols.length - 1), 4);
      const free = await evaluateText(checkpoint, { text: path }, options);
      expect(free.loss).not.toBeCloseTo(loss, 2);
    },
  );

  it("name the units that there are if a unit does not exist", async () => {
    const drawn = sample(checkpoint, { length: 1, clamps: [{ unit: "c:2:0", value: 1 }] });
    await expect(drawn.next()).rejects.toThrow(
      "the model has no unit c:2:0: its states are h, c, its layers 0 to 1, its units 0 to 6",
    );
  });
});

describe("parseClamp", () => {
  it("reads a unit and its value", () => {
    expect(parseClamp("c:0:42=0.9")).toEqual({ unit: "c:0:42", value: 0.9 });
    expect(parseClamp("h_reverse:1:3=-1e-3")).toEqual({ unit: "h_reverse:1:3", value: -0.001 });
  });

  it.each(["c:0:42", "c:0=1", "c:0:42=", "c:0:42=high", "42=1", ""])("refuses %j", (text) => {
    expect(() => parseClamp(text)).toThrow(UsageError);
  });
});
