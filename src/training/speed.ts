import type { EngineName } from "../engine/engine.ts";
import type { EngineOptions } from "../engine/open.ts";
import { initialParameters } from "../model/initialization.ts";
import { namedData } from "../model/weights.ts";
import { Random } from "../random.ts";
import { Learner, type LearnerPlan } from "./learner.ts";
import { completeOptions } from "./options.ts";

/**
 * The characters a second that training would have: measured over `seconds` of updates of a network that is thrown
 * away, on random symbols, after half as many that warm up: V8 compiles the WASM kernels anew once they are hot.
 */
export async function measureSpeed(plan: LearnerPlan, options: EngineOptions, seconds = 1): Promise<number> {
  const learner = await Learner.open(plan, options);
  try {
    const { config, sizes } = plan;
    const { batchSize, seqLength } = plan.options;
    const random = Random.of(1);
    const init = { init: "torch", initRange: 0, forgetBias: 1 } as const;
    learner.loadParameters(namedData(await initialParameters(config, sizes, init, random)));
    const symbols = () =>
      Int32Array.from({ length: batchSize * seqLength }, () => random.nextUint32() % sizes.inputs);
    const counted = batchSize * seqLength;
    const chunk = { steps: seqLength, fresh: false, inputs: symbols(), targets: symbols(), counted };
    const updatesPerSecond = async (duration: number) => {
      const started = performance.now();
      let updates = 1;
      let last = learner.update(chunk, 1, 0);
      // As a run does, the next is handed over before the last has ended.
      while (performance.now() - started < 1000 * duration) {
        const before = last;
        last = learner.update(chunk, 1, 0);
        updates += 1;
        // Should both fail, the first is the one to tell of.
        last.catch(() => undefined);
        await before;
      }
      await last;
      return (1000 * updates) / (performance.now() - started);
    };
    await updatesPerSecond(seconds / 2);
    return (await updatesPerSecond(seconds)) * batchSize * seqLength;
  } finally {
    await learner.close();
  }
}

/** The speed of an engine at the default model over 65 symbols, as many as tiny shakespeare has. */
export function measureEngine(engine: EngineName): Promise<number> {
  const options = completeOptions({});
  const { cell, layers, hidden, embedding, dropout, seqLength } = options;
  const config = { cell, layers, hidden, embedding, dropout };
  const plan = { config, sizes: { inputs: 65, outputs: 65 }, options, chunkSteps: [seqLength], segments: [] };
  return measureSpeed(plan, { engine });
}
