import { describe, expect, it } from "vitest";
import { type Checkpoint } from "../../../src/checkpoint/format.ts";
import { chooseEngine } from "../../../src/engine/engines.ts";
import { type ModelConfig } from "../../../src/model/network.ts";
import { parameterShapes } from "../../../src/model/shapes.ts";
import { type TableColumns } from "../../../src/tasks/examples/columns.ts";
import { type Answers } from "../../../src/tasks/examples/answers.ts";
import { membersOf, networkSizes } from "../../../src/tasks/examples/encoder.ts";
import { formatNumber, inputText, previewOf } from "../../../src/tasks/examples/preview.ts";
import { type TableExample } from "../../../src/tasks/examples/table-examples.ts";
import { exampleWith, textEncoder } from "./fixture.ts";

const model = {
  cell: "rnn",
  layers: 1,
  hidden: 2,
  embedding: 0,
  dropout: 0,
  bidirectional: false,
} as const satisfies ModelConfig;

/** The preview of a model that has these outputs for every input: all its weights are 0, except the last biases. */
async function previewWith(
  examples: readonly TableExample[],
  answers: Answers,
  outputs: readonly number[],
  tags?: TableColumns["tags"],
) {
  const plain = textEncoder(answers);
  const encoder = { ...plain, columns: { ...plain.columns, tags } };
  const parameters = new Map(
    [...parameterShapes(model, networkSizes(encoder))].map(([name, shape]) => {
      const zeros = new Float32Array(shape.reduce((product, length) => product * length, 1));
      const data = name === "head.bias" ? Float32Array.from(outputs) : zeros;
      return [name, { shape, dtype: "float32" as const, data }];
    }),
  );
  const { vocabulary, task } = membersOf(encoder);
  const named = { name: "many-to-one", ...networkSizes(encoder), ...task };
  const checkpoint: Checkpoint = { model, vocabulary, task: named, parameters };
  const engine = await chooseEngine("reference", { mayCompile: false });
  return previewOf(examples, encoder)(checkpoint, { seed: 1, engine });
}

function manyTokens(count: number) {
  const tokens = Array<string>(count).fill("a");
  return { steps: tokens.join(" "), tokens, targets: Array<string>(count).fill("NOUN") };
}

describe("a preview", () => {
  it("shows four examples from all over the split, each with the right label if the answer is wrong", async () => {
    // Of 9 examples every second is shown: a, c, e, aab. e^ln 3 of the second class is 3 of 4.
    const inputs = ["a", "b", "c", "d", "e", "aa", "aab", "ab", "ac"];
    const examples = inputs.map((text, index) => exampleWith(text, index === 4 ? "no" : "yes"));
    expect(await previewWith(examples, { labels: ["no", "yes"] }, [Math.log(3)])).toBe(
      "a -> yes (0.75)\nc -> yes (0.75)\ne -> yes (0.75, right: no)\naab -> yes (0.75)",
    );
  });

  it("shows all of fewer examples, and the likeliest of more classes", async () => {
    // e^0, e^0 and e^ln 2 of 4
    const answers = { labels: ["x", "y", "z"] };
    const examples = [exampleWith("ab", "x"), exampleWith("c", "z")];
    expect(await previewWith(examples, answers, [0, 0, Math.log(2)])).toBe(
      "ab -> z (0.50, right: x)\nc -> z (0.50)",
    );
  });

  it("shows numbers beside the right ones", async () => {
    // 10 + 3 * 0.25
    expect(await previewWith([exampleWith("ab", "12.50")], { mean: 10, deviation: 3 }, [0.25])).toBe(
      "ab -> 10.75 (right: 12.50)",
    );
  });

  it("shows tags beside their tokens, with the right tag behind a wrong one, as far as a line holds", async () => {
    const tokens = ["ab", "c", "d"];
    const example = exampleWith("ab c d", "", { tokens, targets: ["NOUN", "VERB", "NOUN"] });
    const long = { ...example, ...manyTokens(30) };
    const preview = await previewWith([example, long], { labels: ["NOUN", "VERB"] }, [-1], "token");
    // a/NOUN and a space are 7 characters, and 14 of them are 98.
    expect(preview).toBe(`ab/NOUN c/NOUN(VERB) d/NOUN\n${Array<string>(14).fill("a/NOUN").join(" ")} ...`);
  });

  it("shows tags of one character each below their text", async () => {
    const example = exampleWith("abc", "", { targets: ["0", "1", "0"] });
    expect(await previewWith([example], { labels: ["0", "1"] }, [1], "step")).toBe("abc\n111");
  });

  it("leaves out characters that the model does not know, which the run skips then", async () => {
    const examples = [exampleWith("aéb", "yes")];
    expect(await previewWith(examples, { labels: ["no", "yes"] }, [0])).toBe("aéb -> no (0.50, right: yes)");
  });
});

describe("the line of an input", () => {
  it("has one space for line ends and spaces, between tokens and between rows of numbers", () => {
    expect(inputText("a\r\n  b\tc")).toBe("a b c");
    expect(inputText(["New\nYork", "is"])).toBe("New York is");
    expect(inputText([[1, -2.5], [3, 4]])).toBe("1,-2.5 3,4"); // prettier-ignore
  });

  it("is cut after 60 characters, and never within one", () => {
    const text = "🦊".repeat(60);
    expect(inputText(text)).toBe(text);
    expect(inputText(`${text}a`)).toBe(`${text}...`);
    expect(inputText("abc", 2)).toBe("ab...");
  });
});

describe("formatNumber", () => {
  it.each([
    [1234.56, "1235"],
    [0.000123456, "0.0001235"],
    [12, "12"],
    [0.5, "0.5"],
    [123456, "123500"],
    [-1e-9, "-1e-9"],
    [0, "0"],
  ])("has four significant digits: %d is %s", (number, shown) => {
    expect(formatNumber(number)).toBe(shown);
  });
});
