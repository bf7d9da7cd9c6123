import { availableParallelism } from "node:os";
import { Command, InvalidArgumentError, Option } from "commander";
import { cellNames, type CellName } from "../../src/model/cells/index.ts";

/** What is measured, and how it is told. */
interface Flags {
  cells: CellName[];
  sizes: string[];
  threads: number[];
  seconds: number;
  rounds: number;
  profile?: true;
  json?: true;
}

function cellOf(text: string): CellName {
  const cell = cellNames.find((name) => name === text);
  if (cell === undefined) throw new InvalidArgumentError(`There are ${cellNames.join(", ")}.`);
  return cell;
}

function sizeTextOf(text: string): string {
  if (!/^[1-9]\d*x[1-9]\d*$/.test(text)) throw new InvalidArgumentError("Two layers of 128 units are 2x128.");
  return text;
}

function positive(text: string): number {
  if (!(Number(text) > 0 && Number(text) < Infinity)) throw new InvalidArgumentError("It must be above 0.");
  return Number(text);
}

function count(text: string): number {
  if (!Number.isInteger(positive(text))) throw new InvalidArgumentError("It must be whole.");
  return Number(text);
}

/** An option that takes values between commas. */
function list<Value>(
  flag: string,
  description: string,
  parse: (text: string) => Value,
  usual: Value[],
): Option {
  return new Option(flag, description)
    .default(usual, usual.join())
    .argParser((text: string) => text.split(",").map(parse));
}

/** Reads the benchmark's options, or ends the process with a line that says what is wrong. */
export function readFlags(): Flags {
  const sizes = ["1x128", "2x128", "2x256", "1x512", "2x512", "3x512"];
  const threads = [...new Set([1, availableParallelism()])];
  return new Command("npm run bench --")
    .description("measures how fast models are trained here, in turns with the peers that are installed")
    .addOption(list("--cells <names>", "the cells", cellOf, ["lstm"]))
    .addOption(list("--sizes <sizes>", "layers x units", sizeTextOf, sizes))
    .addOption(list("--threads <numbers>", "threads, one number after the other", count, threads))
    .option("--seconds <s>", "seconds of each measurement", positive, 2)
    .option("--rounds <n>", "rounds, the best of which counts", count, 3)
    .option("--profile", "tell where the time of a chunk goes instead")
    .option("--json", "print one JSON object")
    .parse()
    .opts<Flags>();
}
