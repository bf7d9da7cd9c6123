/**
 * The speed of a JavaScript library at the job that bench.ts measures. Prints characters a second.
 *
 * usage: peer.mjs FOLDER @tensorflow/tfjs|brain.js CELL LAYERS HIDDEN BATCH STEPS VOCABULARY SECONDS
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const [folder, name, cell, ...numbers] = process.argv.slice(2);
const [layers, hidden, batch, steps, vocabulary, seconds] = numbers.map(Number);
const require = createRequire(join(folder, "package.json"));

const symbol = () => Math.floor(Math.random() * vocabulary);
const symbols = (length) => Array.from({ length }, symbol);

/** An update of TensorFlow.js's layers by Adam, on its WebAssembly backend where that is installed. It cannot clip. */
async function tensorflow() {
  const log = console.log;
  console.log = () => undefined; // It advertises its Node package.
  const tf = require("@tensorflow/tfjs");
  try {
    const { setWasmPaths } = require("@tensorflow/tfjs-backend-wasm");
    setWasmPaths(`${dirname(require.resolve("@tensorflow/tfjs-backend-wasm"))}/`);
    if (!(await tf.setBackend("wasm"))) throw new Error("the WebAssembly backend does not start");
  } catch {
    await tf.setBackend("cpu");
  }
  await tf.ready();
  console.log = log;
  const layer = { rnn: tf.layers.simpleRNN, lstm: tf.layers.lstm, gru: tf.layers.gru }[cell];
  const model = tf.sequential();
  for (let i = 0; i < layers; i++) {
    const options = { units: hidden, returnSequences: true, recurrentInitializer: "glorotUniform" };
    model.add(layer(i === 0 ? { ...options, inputShape: [steps, vocabulary] } : options));
  }
  model.add(tf.layers.dense({ units: vocabulary, activation: "softmax" }));
  model.compile({ optimizer: tf.train.adam(0.002), loss: "categoricalCrossentropy" });
  const oneHot = () => tf.oneHot(tf.tensor2d(symbols(batch * steps), [batch, steps], "int32"), vocabulary);
  const [inputs, targets] = [oneHot(), oneHot()];
  return async () => {
    await model.trainOnBatch(inputs, targets);
    return batch * steps;
  };
}

/** An update of brain.js's recurrent network, which learns from one sequence at a time. */
function brain() {
  const { recurrent } = require("brain.js");
  const Network = recurrent[cell.toUpperCase()];
  const sizes = { inputSize: vocabulary, inputRange: vocabulary, outputSize: vocabulary };
  const network = new Network({ ...sizes, hiddenLayers: Array(layers).fill(hidden) });
  network.initialize();
  const sequence = symbols(steps);
  return () => {
    network.trainPattern(sequence, 0.01);
    return steps;
  };
}

const update = name === "brain.js" ? brain() : await tensorflow();
await update();
const start = performance.now();
let characters = 0;
do characters += await update();
while (performance.now() - start < 1000 * seconds);
console.log((1000 * characters) / (performance.now() - start));
