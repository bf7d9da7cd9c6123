/**
 * charrnn as a library: the functions of the command line, for programs.
 *
 * ```ts
 * import { train, readCheckpoint, sample } from "charrnn";
 *
 * for await (const event of train(["corpora/tales.txt"], { epochs: 2, name: "first" })) {
 *   if (event.event === "eval") console.log(event.step, event.bitsPerCharacter);
 * }
 * const checkpoint = readCheckpoint("checkpoints/first/best.json");
 * for await (const { text } of sample(checkpoint, { temperature: 0.8, length: 500 })) process.stdout.write(text);
 * ```
 *
 * If a text, a file or an option is at fault, a function throws a CharrnnError with a message of one line.
 */
export { type Checkpoint } from "./checkpoint/format.ts";
export { readCheckpoint } from "./checkpoint/read.ts";
export { listRuns, resolveCheckpoint, type RecordedRun } from "./checkpoint/find-run.ts";
export { writeCheckpoint } from "./checkpoint/write.ts";
export { engineReport, type EngineReport } from "./engine/engines.ts";
export { type EngineChoice, type EngineName } from "./engine/engine.ts";
export { CharrnnError, UsageError } from "./errors.ts";
export { evaluateText, type EvaluateOptions, type Evaluation } from "./evaluation/evaluate.ts";
export { type Baselines } from "./evaluation/score-baselines.ts";
export {
  evaluateExamples,
  type ExampleBaselines,
  type ExampleEvaluation,
} from "./evaluation/evaluate-examples.ts";
export { evaluateSeries, type SeriesEvaluation } from "./evaluation/evaluate-series.ts";
export { evaluateTexts, type TextsEvaluation } from "./evaluation/evaluate-texts.ts";
export { type EvaluationSource, type SourceOptions } from "./evaluation/source.ts";
export { sample, type SampleOptions, type SamplePiece } from "./sampling/sample.ts";
export {
  inspect,
  type FoundCell,
  type InspectedHypothesis,
  type Inspection,
  type InspectOptions,
} from "./inspection/inspect.ts";
export { type SpectralRadius } from "./inspection/gradients/spectral-radius.ts";
export { type StateGradient } from "./inspection/gradients/state-gradients.ts";
export { floor, generate, grammars, score } from "./text/grammar/index.ts";
export { generateRecall, scoreRecall } from "./text/grammar/recall.ts";
export { type Answered } from "./tasks/task.ts";
export { Vocabulary } from "./text/vocabulary.ts";
export { DivergenceError } from "./training/divergence.ts";
export { type TrainingEvent } from "./training/events.ts";
export {
  measureGradients,
  untrainedModel,
  type CellGradients,
  type GradientFlow,
  type GradientOptions,
} from "./training/gradients.ts";
export { type ParameterGradient } from "./training/parameter-gradients.ts";
export { optionDefinitions, type TrainOptions } from "./training/options.ts";
export { plan, type Plan } from "./training/plan.ts";
export { type TrainControl } from "./training/prepare.ts";
export { predict, type AnswerOptions as PredictOptions } from "./training/predict.ts";
export { resume } from "./training/resume.ts";
export { train } from "./training/train.ts";
