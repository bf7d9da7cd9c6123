import { element } from "./element.ts";

/** A key, what it does in words, and the function that does so. */
export interface Key {
  readonly key: string;
  readonly does: string;
  readonly act: () => void;
}

/** Names that people know better than those of the browser. */
const names: Readonly<Record<string, string>> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
};

/** Listens for keys, and returns the button that lists them, which `?` presses as well. */
export function keyboard(keys: readonly Key[]): HTMLButtonElement {
  const dialog = keyList([...keys, { key: "?", does: "show this list", act: () => undefined }]);
  const open = () => {
    if (!dialog.isConnected) document.body.append(dialog);
    if (!dialog.open) dialog.showModal();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    if (takesKey(event.target, event.key)) return;
    const found = keys.find(({ key }) => key === event.key);
    if (event.key === "?") open();
    else if (found === undefined) return;
    else found.act();
    event.preventDefault();
  });
  return element("button", { type: "button", class: "quiet", onclick: open }, "keys: ?");
}

/** Whether an element needs a key itself: a field needs all of them, a slider its arrows. */
function takesKey(target: EventTarget | null, key: string): boolean {
  if (target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement) return true;
  if (!(target instanceof HTMLInputElement)) return false;
  if (target.type === "range") return key.startsWith("Arrow");
  return target.type !== "checkbox";
}

function keyList(keys: readonly Key[]): HTMLDialogElement {
  const rows = keys.map(({ key, does }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, element("kbd", {}, names[key] ?? key)),
      element("td", {}, does),
    ),
  );
  const close = element("button", { type: "button", autofocus: true }, "close");
  const dialog = element(
    "dialog",
    { "aria-label": "keys" },
    element("table", {}, element("tbody", {}, ...rows)),
    close,
  );
  close.addEventListener("click", () => {
    dialog.close();
  });
  return dialog;
}
