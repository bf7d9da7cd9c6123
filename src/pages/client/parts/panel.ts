import { element } from "./element.ts";

/** The side panel, which tells about the place that the reader points at. On a phone it is a sheet at the bottom. */
export interface Panel {
  readonly root: HTMLElement;
  readonly show: (heading: string, ...content: readonly Node[]) => void;
}

const isNarrow = matchMedia("(max-width: 900px)");

export function panel(): Panel {
  const summary = element("summary");
  const body = element("div", { class: "panel-body" });
  const details = element("details", { open: !isNarrow.matches }, summary, body);
  // Printed pages and wide windows show the panel whole.
  isNarrow.addEventListener("change", () => (details.open = !isNarrow.matches));
  return {
    root: element("aside", { class: "panel", "aria-label": "values at this place", tabindex: 0 }, details),
    show: (heading, ...content) => {
      summary.textContent = heading;
      body.replaceChildren(...content);
    },
  };
}
