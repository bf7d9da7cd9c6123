import { describe, expect, it } from "vitest";
import { loadTask, taskNameOf, taskNames } from "../../src/tasks/index.ts";

describe("the registry of tasks", () => {
  it.each(taskNames)("loads %s, which measures the loss first", async (name) => {
    expect((await loadTask(name)).metrics({})[0].name).toBe("loss");
  });

  it("finds the task that a checkpoint names", () => {
    for (const name of taskNames) expect(taskNameOf({ task: { name, inputs: 1, outputs: 1 } })).toBe(name);
  });

  it("takes a checkpoint without a task for a language model's", () => {
    expect(taskNameOf({})).toBe("language-model");
  });

  it("refuses the task of another version, and an object's own properties", () => {
    for (const name of ["translation", "toString"]) {
      expect(() => taskNameOf({ task: { name, inputs: 1, outputs: 1 } })).toThrow(
        `the checkpoint is for the task ${name}, which this version of charrnn does not have; update charrnn`,
      );
    }
  });
});
