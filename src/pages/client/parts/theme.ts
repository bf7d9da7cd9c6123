import { element } from "./element.ts";

const themes = ["auto", "light", "dark"] as const;
type Theme = (typeof themes)[number];

const KEY = "charrnn-theme";

/** The switch between light, dark, and what the reader's system has. All pages of a browser share the choice. */
export function themeSwitch(): HTMLButtonElement {
  let theme: Theme = themes.find((name) => name === stored()) ?? "auto";
  const button = element("button", { type: "button", class: "quiet", id: "theme" });
  const show = () => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `theme: ${theme}`;
  };
  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    store(theme);
    show();
  });
  show();
  return button;
}

/** Some browsers keep nothing for pages from a disk, and throw. */
function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function store(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // The choice then lasts as long as the page.
  }
}
