import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ChartData } from "../../src/pages/chart-data.ts";
import { curveOf } from "../../src/pages/curve.ts";
import { htmlPage } from "../../src/pages/page.ts";
import { type ReportData, type RunData } from "../../src/pages/report-data.ts";
import { inBrowser, openBrowser, openPage, seriousFindings } from "./browser.ts";

const HOSTILE = `</script><img src=x onerror="alert(1)"><!--`;
const folder = mkdtempSync(join(tmpdir(), "charrnn-"));
const steps = Array.from({ length: 100 }, (_, index) => 10 * (index + 1));

function chart(title: string, names: readonly string[]): ChartData {
  const line = {
    decimals: 4,
    curve: curveOf(
      steps,
      steps.map((step) => 3 - step / 500),
    ),
  };
  const evaluated = steps.filter((step) => step % 100 === 0);
  const validation = curveOf(
    evaluated,
    evaluated.map((step) => 3.1 - step / 500),
  );
  return {
    title,
    x: { label: "step", log: false },
    y: { label: "nats", log: false },
    lines: names.flatMap((series) => [
      { ...line, series, quantity: "training loss", faint: true, noisy: true },
      { ...line, series, quantity: "validation loss", curve: validation },
    ]),
    references: [{ label: HOSTILE, value: 2 }],
  };
}

function run(name: string): RunData {
  return {
    name,
    status: "running",
    writes: true,
    samples: steps
      .filter((step) => step % 100 === 0)
      .map((step) => ({ step, text: `${name} at ${step}\n${HOSTILE}\n` })),
    facts: [["text", HOSTILE]],
    options: [{ flag: "--name", value: HOSTILE, isDefault: false }],
    command: `charrnn train '${HOSTILE}'`,
    evaluation: {
      title: HOSTILE,
      confusion: {
        labels: ["left", HOSTILE],
        counts: [
          [3, 1],
          [0, 4],
        ],
      },
      wrong: [{ input: HOSTILE, right: "left", answer: HOSTILE, probability: 0.75 }],
      right: [{ input: "l", right: "left", answer: "left", probability: null }],
      alignments: [
        {
          input: ["a", HOSTILE],
          output: ["b", "end"],
          weights: [
            [0.2, 0.8],
            [1, 0],
          ],
        },
      ],
    },
  };
}

function reportOf(names: readonly string[], reload: number | null = null): ReportData {
  return {
    heading: names.join(", "),
    verdict: ["The loss falls.", HOSTILE],
    charts: [chart("The loss falls", names), chart(HOSTILE, names)],
    runs: names.map(run),
    command: "charrnn report",
    made: "2026-05-01T12:00:00.000Z",
    reload,
  };
}

function fileOf(name: string, data: ReportData): string {
  const file = join(folder, name);
  writeFileSync(file, htmlPage("report", "report", data));
  return file;
}

const one = fileOf("one.html", reportOf(["tales"]));
const two = fileOf("two.html", reportOf(["tales", HOSTILE]));

describe.skipIf(!inBrowser)("a report in a browser (needs chromium, in npm run test:all)", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
  });

  const sampleText = (page: Page) => page.locator("pre.text").first().textContent();
  const slider = (page: Page) => page.getByLabel("sample", { exact: true }).first();

  describe.each([
    [one, 1280],
    [one, 390],
    [two, 1280],
    [two, 390],
  ])("%s, %i pixels wide", (file, width) => {
    it.each(["light", "dark"] as const)(
      "is without a request, a complaint or a barrier, %s",
      async (colorScheme) => {
        const { page, complaints } = await openPage(browser, file, { width, colorScheme });
        await page.locator(".chart svg").first().waitFor();
        for (const summary of await page.locator("main summary").all()) await summary.click();
        expect(await seriousFindings(page)).toEqual([]);
        expect(complaints).toEqual([]);
        expect(await page.locator("img").count()).toBe(0);
        const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
        expect(overflow).toBeLessThanOrEqual(0);
        await page.close();
      },
    );
  });

  it("opens in less than a second", async () => {
    const { page } = await openPage(browser, two);
    const milliseconds = await page.evaluate("performance.getEntriesByType('navigation')[0].duration");
    expect(milliseconds).toBeLessThan(1000);
    await page.close();
  });

  it("shows hostile text as text", async () => {
    const { page, complaints } = await openPage(browser, two);
    expect(await sampleText(page)).toBe(`tales at 1000\n${HOSTILE}\n`);
    expect(await page.locator("h1").textContent()).toBe(`tales, ${HOSTILE}`);
    expect(await page.locator("h3", { hasText: HOSTILE }).count()).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("shows earlier samples by slider, by mouse and by keys", async () => {
    const { page } = await openPage(browser, one);
    expect(await sampleText(page)).toContain("tales at 1000");
    const { x = 0, y = 0, width = 0, height = 0 } = (await slider(page).boundingBox()) ?? {};
    await page.mouse.click(x + 3, y + height / 2);
    expect(await sampleText(page)).toContain("tales at 100\n");
    await page.mouse.click(x + width / 2, y + height / 2);
    expect(await sampleText(page)).toMatch(/tales at (500|600)\n/);
    await slider(page).press("Home");
    await slider(page).press("ArrowRight");
    expect(await sampleText(page)).toContain("tales at 200\n");
    await page.locator("h1").click();
    await page.keyboard.press("]");
    expect(await sampleText(page)).toContain("tales at 300\n");
    await page.keyboard.press("[");
    expect(await sampleText(page)).toContain("tales at 200\n");
    await page.close();
  });

  it("fills the panel with the values of the data, by mouse and by arrow keys", async () => {
    const { page } = await openPage(browser, one);
    const panel = page.getByLabel("values at this place");
    expect(await panel.textContent()).toContain("training loss1");
    await page.keyboard.press("ArrowLeft");
    // At step 990: 3 - 990 / 500 = 1.02. The nearest validation is that of step 1,000: 3.1 - 2 = 1.1.
    expect(await panel.textContent()).toMatch(/^Step 990training loss1.02validation loss1.1 \(step 1,000\)/);
    await page.keyboard.press("Escape");
    expect(await panel.textContent()).toContain("Last values");
    const box = await page.locator(".chart svg").first().boundingBox();
    await page.mouse.move((box?.x ?? 0) + 53, (box?.y ?? 0) + 100);
    expect(await panel.textContent()).toMatch(/^Step 10training loss2.98/);
    await page.close();
  });

  it("shows the confusion of classes and the attention as tables", async () => {
    const { page } = await openPage(browser, one);
    expect(await page.locator("table.heat").first().locator("td").allTextContents()).toEqual([
      "3",
      "1",
      "·",
      "4",
    ]);
    expect(await page.locator("table.heat").last().locator("td").allTextContents()).toEqual([
      ".20",
      ".80",
      "1.00",
      "",
    ]);
    await page.close();
  });

  it("smooths and takes logarithms, and keeps all of a thinned curve's peaks", async () => {
    const many = Array.from({ length: 50_000 }, (_, index) => index + 1);
    const curve = curveOf(
      many,
      many.map((step) => (step === 20_001 ? 9 : 1)),
    );
    const line = { series: "tales", quantity: "norm", noisy: true, decimals: 2, curve };
    const data = { ...reportOf(["tales"]), charts: [{ ...chart("peaks", []), lines: [line] }] };
    const { page } = await openPage(browser, fileOf("peak.html", data));
    const paths = page.locator(".chart").first().locator("g[stroke^='var(--colour'] path");
    const smoothing = page.getByLabel("smoothing");
    const heightOf = async () => {
      const boxes = await Promise.all((await paths.all()).map((path) => path.boundingBox()));
      return Math.max(...boxes.map((box) => box?.height ?? 0));
    };
    await smoothing.press("Home");
    // The line reaches from 1 at the bottom to 9 at the top: nearly 290 pixels.
    expect(await heightOf()).toBeGreaterThan(250);
    expect(await paths.count()).toBe(1);
    await smoothing.press("End");
    expect(await paths.count()).toBe(2);
    expect(await heightOf()).toBeGreaterThan(250);
    await page.keyboard.press("x");
    expect(await page.getByLabel("log steps").isChecked()).toBe(true);
    await page.close();
  });

  it("lists its keys, and switches between light and dark", async () => {
    const { page } = await openPage(browser, one);
    await page.keyboard.press("?");
    expect(await page.getByRole("dialog").textContent()).toContain("the next sample");
    await page.keyboard.press("Escape");
    expect(await page.getByRole("dialog").count()).toBe(0);
    const background = () => page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
    expect(await background()).toBe("rgb(255, 255, 255)");
    await page.getByRole("button", { name: "theme" }).click();
    await page.getByRole("button", { name: "theme" }).click();
    expect(await background()).toBe("rgb(20, 23, 26)");
    await page.reload();
    expect(await background()).toBe("rgb(20, 23, 26)");
    await page.close();
  });

  it("loads itself again while a run trains, and keeps its place", async () => {
    const file = fileOf("live.html", reportOf(["tales"], 5));
    const { page, complaints } = await openPage(browser, file, { height: 400 });
    await slider(page).press("Home");
    await page.getByLabel("log steps").check();
    await page.getByLabel("smoothing").press("End");
    await page.keyboard.press("s");
    await page.evaluate("scrollTo(0, 333)");
    const written = { ...reportOf(["tales"], null), heading: "tales, later" };
    writeFileSync(file, htmlPage("report", "report", written));
    await page.getByRole("heading", { name: "tales, later" }).waitFor();
    expect(await sampleText(page)).toContain("tales at 100\n");
    expect(await page.getByLabel("log steps").isChecked()).toBe(true);
    expect(await page.getByLabel("smoothing").inputValue()).toBe("0");
    expect(await page.evaluate("scrollY")).toBe(333);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("goes on to the newest sample after a reload, unless the reader has chosen an earlier one", async () => {
    const [only] = reportOf(["tales"]).runs;
    const short = { ...reportOf(["tales"], 1), runs: [{ ...only, samples: only.samples.slice(0, 4) }] };
    const file = fileOf("newest.html", short);
    const { page } = await openPage(browser, file);
    expect(await sampleText(page)).toContain("tales at 400\n");
    writeFileSync(file, htmlPage("report", "report", reportOf(["tales"])));
    await page.getByText("tales at 1000").waitFor();
    await page.close();
  });
});
