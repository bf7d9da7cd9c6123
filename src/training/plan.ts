import { arenaBytes } from "../engine/arena.ts";
import { type DataSizes } from "../tasks/task.ts";
import { LearnerLayout } from "./learner.ts";
import { parseOptions } from "./option-checks.ts";
import { type TrainOptions } from "./options.ts";
import { prepare, type TrainControl } from "./prepare.ts";
import { measureSpeed } from "./speed.ts";

/** The size of a run, and the memory and time that it would take. */
export interface Plan extends DataSizes {
  readonly parameters: number;
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  /** With --minutes: as many steps as this time is expected to have. */
  readonly steps: number;
  /** The memory of the engine (exact), and the memory of the whole process (an estimate). */
  readonly arenaBytes: number;
  readonly processBytes: number;
  readonly engine: string;
  readonly threads: number;
  /** Measured over a second of updates, whose result is discarded. */
  readonly charactersPerSecond: number;
  /** The time of training alone, without validation and samples. */
  readonly seconds: number;
}

/** Memory of a Node process that has loaded charrnn and runs its threads, measured. */
const PROCESS_BYTES = 150e6;
/** Memory that the text of a parameter takes while checkpoints are written, until it is collected, measured. */
const BASE64_BYTES = 8;
/** Memory that one operation takes while its program is recorded and written into the arena, measured. */
const OPERATION_BYTES = 900;

/**
 * Computes the size, memory and time of a run without training. Nothing is written, except that missing kernels for
 * this CPU are compiled into the cache.
 * @throws UsageError, CharrnnError in the same cases as `train`
 */
export async function plan(
  paths: string[],
  options: Partial<TrainOptions>,
  control: TrainControl = {},
): Promise<Plan> {
  const prepared = await prepare(paths, parseOptions(options), control);
  const { data, dataset, length, kernels, model: config } = prepared;
  const threads = kernels.threadsFor(prepared.options.threads);
  const learnerPlan = { config, data, options: prepared.options };
  const laid = new LearnerLayout(learnerPlan);
  const arena = arenaBytes(laid.layout, laid.programs, threads);
  const speed = await measureSpeed(learnerPlan, { engine: kernels, threads });
  const { minutes = Infinity } = prepared.options;
  const secondsPerStep = data.symbolsPerEpoch / length.stepsPerEpoch / speed;
  const steps = Math.min(length.steps, Math.ceil((60 * minutes) / secondsPerStep));
  return {
    parameters: laid.parameterCount,
    ...data.sizes,
    batchSize: data.batchSize,
    stepsPerEpoch: length.stepsPerEpoch,
    steps,
    arenaBytes: arena,
    processBytes:
      arena + dataset.bytes + savedBytes(laid) + operationCount(laid) * OPERATION_BYTES + PROCESS_BYTES,
    engine: kernels.name,
    threads,
    charactersPerSecond: speed,
    seconds: steps * secondsPerStep,
  };
}

function operationCount({ programs }: LearnerLayout): number {
  return Object.values(programs).reduce((total, program) => total + program.length, 0);
}

/**
 * The memory of the copies that training itself does not need: the parameters and moments while a checkpoint is
 * written, and the weights (plain and packed) of the network that draws samples.
 */
function savedBytes({ parameterCount, optimizer }: LearnerLayout): number {
  const moments = optimizer.moments.reduce((total, { tensor }) => total + tensor.size, 0);
  return 4 * (3 * parameterCount + moments) + BASE64_BYTES * parameterCount;
}
