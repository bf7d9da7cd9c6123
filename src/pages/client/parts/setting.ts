type Value = string | number | boolean | null;

/** A value that the reader chooses, such as the place on a slider. */
export class Setting<T extends Value> {
  #value: T;
  readonly #listeners: (() => void)[] = [];

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set value(value: T) {
    if (value === this.#value) return;
    this.#value = value;
    for (const listener of this.#listeners) listener();
  }

  /** Calls `show` now, and after each change. */
  follow(show: () => void): void {
    this.#listeners.push(show);
    show();
  }
}

const kept = new Map<string, { readonly value: Value }>();

/** What the reader had chosen before the page was loaded again. The browser keeps it with the entry of its history. */
const before = (history.state ?? {}) as Readonly<Record<string, Value>>;

/** A setting that outlasts a reload of the page. */
export function keptSetting<T extends Value>(name: string, initial: T): Setting<T> {
  const setting = new Setting<T>(name in before ? (before[name] as T) : initial);
  kept.set(name, setting);
  return setting;
}

/** Saves the settings and where the page is scrolled to. */
function save(): void {
  const values = Object.fromEntries([...kept].map(([name, setting]) => [name, setting.value]));
  history.replaceState({ ...values, scroll: window.scrollY }, "");
}

/**
 * Scrolls to where the reader was. Then the page loads itself again after so many seconds (null: never), unless the
 * reader is just pressing something.
 */
export function keepPlace(reload: number | null): void {
  history.scrollRestoration = "manual";
  window.scrollTo(0, Number(before.scroll ?? 0));
  window.addEventListener("pagehide", save);
  if (reload === null) return;
  let pressed = false;
  window.addEventListener("pointerdown", () => (pressed = true));
  window.addEventListener("pointerup", () => (pressed = false));
  window.addEventListener("pointercancel", () => (pressed = false));
  setInterval(() => {
    if (pressed || document.querySelector("dialog[open]") !== null) return;
    save();
    location.reload();
  }, reload * 1000);
}
