import { type Command, type CommandUnknownOpts, type Option } from "@commander-js/extra-typings";
import { messageOf, UsageError } from "../errors.ts";
import { readDocument } from "../document.ts";
import { settingsIn } from "./config.ts";

/** What the help says about --config. */
export const CONFIG_HELP = "read options from a YAML or JSON file; options on the command line win";

/** Options that a file cannot set, because they are not for the command's work. */
const NOT_IN_A_FILE = ["config", "debug", "help"];

/**
 * Gives a command `--config FILE`. The file's keys are options of the command, in camel or kebab case, or the names of
 * its arguments. The command line wins over the file, and the file wins over the defaults.
 */
export function addConfig(command: CommandUnknownOpts): void {
  command.option("--config <file>", CONFIG_HELP);
  command.hook("preAction", () => {
    const file: unknown = command.getOptionValue("config");
    if (typeof file === "string") applyConfig(command, file);
  });
}

/** @throws UsageError that names the file, the line and the column */
function applyConfig(command: CommandUnknownOpts, file: string): void {
  const document = readDocument(file);
  for (const { key, name, value } of settingsIn(document)) {
    try {
      setFromFile(command, name, value);
    } catch (thrown) {
      throw document.errorAt([key], messageOf(thrown));
    }
  }
}

function setFromFile(command: CommandUnknownOpts, name: string, value: unknown): void {
  const option = command.options.find((option) => option.attributeName() === name);
  if (option !== undefined && !NOT_IN_A_FILE.includes(name)) {
    if (command.getOptionValueSource(name) === "cli") return;
    command.setOptionValueWithSource(name, parsed(option, value), "config");
    return;
  }
  const index = command.registeredArguments.findIndex((argument) => argument.name() === name);
  if (index === -1 || NOT_IN_A_FILE.includes(name)) {
    throw new UsageError(
      `charrnn ${command.name()} has no option "${name}" that a file can set: ` +
        `\`charrnn ${command.name()} --help\` lists the options`,
    );
  }
  const { variadic } = command.registeredArguments[index];
  const given = (command as Command).processedArgs as unknown[];
  const isGiven = variadic ? (given[index] as unknown[]).length > 0 : given[index] !== undefined;
  if (!isGiven) given[index] = variadic ? listOf(value).map(textOf) : textOf(value);
}

/** A value of a file as the command line would give it. */
function parsed(option: Option, value: unknown): unknown {
  const flag = option.long ?? option.flags;
  if (option.isBoolean() || option.negate) {
    if (typeof value === "boolean") return value;
    throw new UsageError(`${flag} takes true or false, not ${JSON.stringify(value)}`);
  }
  if (option.optional && typeof value === "boolean") return value;
  const parse = (text: string, previous?: unknown): unknown =>
    (option.parseArg as ((text: string, previous: unknown) => unknown) | undefined)?.(text, previous) ?? text;
  if (option.variadic) return listOf(value).map((item) => parse(textOf(item)));
  return parse(Array.isArray(value) ? value.map(textOf).join(",") : textOf(value), option.defaultValue);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function textOf(value: unknown): string {
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new UsageError(`a text or a number is needed, not ${JSON.stringify(value)}`);
}
