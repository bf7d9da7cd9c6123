/**
 * Times an epoch of tagging the tokens of a CoNLL-U file by their characters, ours and PyTorch's (packed sequences) in
 * turns:
 *
 *     npx tsx test/bench/tags.ts train.conllu form upos [sentences] [threads] [rounds]
 *
 * Prints seconds an epoch, the median of the rounds, for a bidirectional LSTM of 1 layer of 256 units in batches of 50.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableExamples, type TableExample } from "../../src/tasks/examples/table-examples.ts";
import { encode, type Encoder } from "../../src/tasks/examples/encoder.ts";
import { classesOf } from "../../src/tasks/examples/answers.ts";
import { inputCodeOf } from "../../src/tasks/examples/inputs.ts";
import { findFile } from "../../src/text/sources.ts";
import { race } from "./example-race.ts";

const [file, input, target, sentences = "1000", threads = "2", rounds = "3"] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "charrnn-bench-"));
const path = join(folder, "part.conllu");
writeFileSync(
  path,
  `${readFileSync(file, "utf8").split("\n\n").slice(0, Number(sentences)).join("\n\n")}\n\n`,
);
const columns = {
  input: [input],
  target,
  kind: "char",
  tags: "token",
  maxLength: 1000,
  truncate: false,
} as const;
const examples: TableExample[] = [];
for await (const example of tableExamples(await findFile(path, process.stdin), columns, true)) {
  examples.push(example);
}
const encoder: Encoder = {
  columns,
  inputs: inputCodeOf(examples, examples, columns, 1),
  answers: classesOf(examples, columns),
};
const { starts, steps, targets } = encode(examples, encoder, "error");

await race({
  path,
  options: { task: "many-to-many", input, target, hidden: 256, bidirectional: true },
  lines: examples.map((_, example) => {
    const own = [starts[example], starts[example + 1]] as const;
    return JSON.stringify([Array.from(steps.subarray(...own)), Array.from(targets.subarray(...own))]);
  }),
  symbols: Math.max(...steps) + 1,
  classes: "labels" in encoder.answers ? encoder.answers.labels.length : 1,
  threads: Number(threads),
  rounds: Number(rounds),
});
rmSync(folder, { recursive: true });
