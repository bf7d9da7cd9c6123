import { element } from "./element.ts";

/** A command, ready to copy. */
export function commandLine(command: string): HTMLElement {
  const code = element("code", {}, command);
  const copy = element("button", { type: "button", class: "quiet" }, "copy");
  const toClipboard = async () => {
    getSelection()?.selectAllChildren(code);
    try {
      await navigator.clipboard.writeText(command);
      copy.textContent = "copied";
    } catch {
      // The page may not write to the clipboard. The command is selected, to be copied by hand.
      copy.textContent = "selected";
    }
  };
  copy.addEventListener("click", () => void toClipboard());
  return element("div", { class: "command" }, code, copy);
}
