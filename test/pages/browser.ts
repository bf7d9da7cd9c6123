import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { type Browser, type Page } from "playwright-core";
import { testsAll } from "../scope.ts";

const paths = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The browser of this machine; undefined if it has none. */
export const browserPath = paths.find((path) => existsSync(path));

if (testsAll && browserPath === undefined) {
  process.stderr.write(
    "no chromium: the tests of pages in a browser are skipped (apt-get install chromium)\n",
  );
}

/** Whether pages are tested in a browser: in `npm run test:all`, where there is one. */
export const inBrowser = testsAll && browserPath !== undefined;

/** @throws Error if the browser does not start */
export async function openBrowser(): Promise<Browser> {
  // `npm test` does not need it, and loads faster without.
  const { chromium } = await import("playwright-core");
  // Debian's chromium has no sandbox for root, and the pages are our own.
  // The path of a socket in the tests' own folders would be too long for chromium.
  const env = { ...process.env, TMPDIR: "/tmp" };
  return chromium.launch({ executablePath: browserPath ?? "", args: ["--no-sandbox"], env });
}

export interface OpenedPage {
  readonly page: Page;
  /** Everything that must not happen: requests other than for the page itself, messages on the console, errors. */
  readonly complaints: string[];
}

/** Opens a page from the disk. */
export async function openPage(
  browser: Browser,
  file: string,
  {
    width = 1280,
    height = 900,
    colorScheme = "light",
  }: { width?: number; height?: number; colorScheme?: "light" | "dark" } = {},
): Promise<OpenedPage> {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  page.setDefaultTimeout(10_000);
  const { href } = pathToFileURL(file);
  const complaints: string[] = [];
  page.on("request", (request) => {
    if (request.url() !== href && request.url() !== "data:,") complaints.push(`request: ${request.url()}`);
  });
  page.on("console", (message) => complaints.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(href);
  return { page, complaints };
}

/** The serious and critical findings of axe-core, one line each: the rule and the elements. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // Evaluated by the debugger, which the page's security policy does not bind.
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
  const findings = await page.evaluate("axe.run()");
  const { violations } = findings as {
    violations: { id: string; impact: string; nodes: { html: string }[] }[];
  };
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
}
