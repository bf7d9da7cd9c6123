import { type EngineName } from "../engine/engine.ts";
import { type EngineOptions } from "../engine/engines.ts";
import { initialParameters } from "../model/initialization.ts";
import { namedData } from "../model/weights.ts";
import { Random } from "../random.ts";
import { randomData } from "../tasks/random-data.ts";
import { USUAL_BATCH_SIZE, type TrainingData } from "../tasks/task.ts";
import { Learner, type LearnerPlan } from "./learner.ts";
import { completeOptions } from "./option-checks.ts";

/** A plan of a learner, with chunks to train on. */
export interface MeasuredPlan extends LearnerPlan {
  readonly data: Pick<TrainingData, "lay" | "network" | "chunk">;
}

/**
 * Measures the speed of training in symbols a second, over `seconds` of updates of a network that is then discarded.
 * Half as many seconds of warm-up come first, because V8 compiles hot WebAssembly code a second time.
 */
export async function measureSpeed(plan: MeasuredPlan, options: EngineOptions, seconds = 1): Promise<number> {
  return (await measureWork(plan, options, { seconds, validates: false })).symbolsPerSecond;
}

/** How fast a run works: the symbols a second of its updates, and the seconds of a validation. */
export interface Work {
  readonly symbolsPerSecond: number;
  readonly validationSeconds: number;
}

/** Measures the updates of a run as `measureSpeed` does, and then a validation. */
export async function measureWork(
  plan: MeasuredPlan,
  options: EngineOptions,
  { seconds, validates }: { seconds: number; validates: boolean },
): Promise<Work> {
  const learner = await Learner.open(plan, options);
  try {
    const { config, data } = plan;
    const init = { init: "torch", initRange: 0, forgetBias: 1 } as const;
    learner.loadParameters(namedData(await initialParameters(config, data.network, init, Random.of(1))));
    const chunk = data.chunk(0, 1);
    const symbolsPerSecond = async (duration: number) => {
      const started = performance.now();
      let updates = 1;
      let last = learner.update(chunk, 1, 0);
      // As in a run, the engine gets the next update before the previous one has ended.
      while (performance.now() - started < 1000 * duration) {
        const before = last;
        last = learner.update(chunk, 1, 0);
        updates += 1;
        // If both updates fail, only the failure of the first is reported.
        last.catch(() => undefined);
        await before;
      }
      await last;
      return (1000 * updates * chunk.symbols) / (performance.now() - started);
    };
    await symbolsPerSecond(seconds / 2);
    const speed = await symbolsPerSecond(seconds);
    const started = performance.now();
    if (validates) await learner.validate();
    return { symbolsPerSecond: speed, validationSeconds: (performance.now() - started) / 1000 };
  } finally {
    await learner.close();
  }
}

/** The speed of an engine with the default model and a vocabulary of 65 symbols, as in tiny shakespeare. */
export function measureEngine(engine: EngineName): Promise<number> {
  const options = completeOptions({});
  const { cell, layers, hidden, embedding, dropout, seqLength: steps } = options;
  const config = { cell, layers, hidden, embedding, dropout };
  return measureSpeed(
    { config, data: randomData(65, { batch: USUAL_BATCH_SIZE, lengths: [steps] }), options },
    { engine },
  );
}
