import { element } from "./element.ts";
import { type Setting } from "./setting.ts";

/** A slider over whole numbers from 0 to `last`. `say` puts a number into words. */
export function slider(
  label: string,
  last: number,
  setting: Setting<number>,
  say: (value: number) => string,
): HTMLElement {
  const input = element("input", { type: "range", min: 0, max: last, step: 1, "aria-label": label });
  const output = element("output");
  input.addEventListener("input", () => (setting.value = input.valueAsNumber));
  setting.follow(() => {
    input.value = String(setting.value);
    output.textContent = say(setting.value);
    input.setAttribute("aria-valuetext", say(setting.value));
  });
  return element("label", { class: "slider" }, element("span", {}, label), input, output);
}

/** A box to tick. */
export function checkbox(label: string, setting: Setting<boolean>): HTMLElement {
  const input = element("input", { type: "checkbox" });
  input.addEventListener("change", () => (setting.value = input.checked));
  setting.follow(() => (input.checked = setting.value));
  return element("label", { class: "checkbox" }, input, label);
}
