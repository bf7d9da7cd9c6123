import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { htmlPage, inlineJson } from "../../src/pages/page.ts";
import { type ReportData } from "../../src/pages/report-data.ts";

const data: ReportData = {
  heading: "</script><img src=x onerror=alert(1)>",
  verdict: ["<!--<script>"],
  charts: [],
  runs: [],
  command: "charrnn report",
  made: "2026-05-01T12:00:00.000Z",
  reload: null,
};

describe("htmlPage", () => {
  const page = htmlPage("report", "<b>&amp;", data);

  it("holds its data as text that no parser takes for markup", () => {
    const [, json = ""] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page) ?? [];
    expect(json).not.toContain("<");
    expect(JSON.parse(json)).toEqual(data);
    expect(page).toContain("<title>&lt;b>&amp;amp;</title>");
    expect(page).not.toContain("<img");
  });

  it("allows no request, and its own script alone", () => {
    const [, policy = ""] = /Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
    const scripts = [...page.matchAll(/<script>(.*?)<\/script>/gs)].map(([, script]) => script);
    expect(scripts).toHaveLength(1);
    const digest = createHash("sha256").update(scripts[0]).digest("base64");
    expect(policy.split("; ")).toContain("default-src 'none'");
    expect(policy.split("; ")).toContain(`script-src 'sha256-${digest}'`);
    expect(page.replace(scripts[0], "")).not.toMatch(/(src|href)="(?!data:)/);
  });
});

describe("inlineJson", () => {
  it("is the same JSON to a reader, line separators and half characters included", () => {
    const odd = { text: "</SCRIPT >\u2028\u0000<!--", half: "\ud800" };
    expect(JSON.parse(inlineJson(odd))).toEqual(odd);
    expect(inlineJson(odd)).not.toContain("<");
  });
});
