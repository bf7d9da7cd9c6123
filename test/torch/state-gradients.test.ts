import { beforeAll, describe, expect, it } from "vitest";
import { measureStateGradients } from "../../src/inspection/gradients/state-gradients.ts";
import { textRows } from "../../src/inspection/gradients/text-rows.ts";
import { cellNames } from "../../src/model/cells/index.ts";
import { Random } from "../../src/random.ts";
import { Symbols } from "../../src/text/symbols.ts";
import { charactersOf, randomModel, sizesOf } from "../model/fixture.ts";
import { askTorch, python, type FlowAnswer, type FlowRequest } from "./oracle.ts";

const V = 5;
/** A text of 102 symbols has one place, the last symbol, and all lags up to 100. */
const random = Random.of(11);
const flow = Array.from({ length: 102 }, () => Math.floor(random.next() * V));

const models = new Map(
  cellNames.flatMap((cell) =>
    [0, 6].map((embedding) => [
      `${cell}, ${embedding > 0 ? "embedding" : "one-hot"}, two layers`,
      randomModel(charactersOf("abcde"), { cell, hidden: 24, layers: 2, embedding }, 0.3),
    ]),
  ),
);

describe.skipIf(!python)(
  "PyTorch and charrnn agree to 1e-4 on the gradients of the states at all lags:",
  () => {
    let answers: Record<string, FlowAnswer>;
    beforeAll(() => {
      const requests = new Map(
        [...models].map(([name, { model: config, parameters }]): [string, FlowRequest] => [
          name,
          { config, vocabularySize: V, parameters, flow },
        ]),
      );
      answers = askTorch(requests);
    });

    it.each([...models])("%s", async (name, model) => {
      const text = Symbols.from(flow, V);
      const rows = textRows({ text, examples: undefined }, sizesOf(V), { count: 1, seed: 1 });
      const measured = await measureStateGradients(model, rows);
      expect(measured.map(({ state, layer }) => `${state}${layer}`).sort()).toEqual(
        Object.keys(answers[name]).sort(),
      );
      for (const { state, layer, mean } of measured) {
        answers[name][`${state}${layer}`].forEach((expected, lag) => {
          if (expected < 1e-30) return;
          expect(Math.abs(mean[lag] / expected - 1), `${state}${layer} at lag ${lag}`).toBeLessThan(1e-4);
        });
      }
    });
  },
);
