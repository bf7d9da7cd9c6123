import { describe, expect, it } from "vitest";
import { DEFAULT_TASK, loadTask, taskNames, taskOf } from "../../src/tasks/index.ts";

describe("the registry of tasks", () => {
  it.each(taskNames)("has %s under its own name", async (name) => {
    expect((await loadTask(name)).name).toBe(name);
  });

  it("takes a checkpoint without a task for a language model's", async () => {
    expect((await taskOf({})).name).toBe(DEFAULT_TASK);
    expect(DEFAULT_TASK).toBe("language-model");
  });

  it("refuses the task of another version, and an object's own properties", () => {
    for (const name of ["translation", "toString"]) {
      expect(() => taskOf({ task: { name, inputs: 1, outputs: 1 } })).toThrow(
        `the checkpoint is of the task ${name}, which this charrnn does not have; update charrnn`,
      );
    }
  });
});
