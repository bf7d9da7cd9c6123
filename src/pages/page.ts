import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { CharrnnError } from "../errors.ts";
import { type ReportData } from "./report-data.ts";

/** Every page by its name, and the data that it shows. client/ has a script of the same name for each page. */
export interface Pages {
  readonly report: ReportData;
}

/**
 * A page as one HTML file that holds its data, its script and its style. The page makes no request: its security policy
 * allows none, and allows no script but its own.
 * @throws CharrnnError if the scripts have not been built
 */
export function htmlPage<Name extends keyof Pages>(name: Name, title: string, data: Pages[Name]): string {
  const script = asset(`${name}.js`);
  const digest = createHash("sha256").update(script).digest("base64");
  // The charts set styles of their own, so styles are allowed without a digest. They cannot load anything either.
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${digest}'`,
    "style-src 'unsafe-inline'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="charrnn">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style>${asset("page.css")}</style>
</head>
<body>
<noscript>This page draws its content with a script. Allow scripts to see it.</noscript>
<script type="application/json" id="data">${inlineJson(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** JSON that no HTML parser takes for a tag: a text may hold `</script>`. */
export function inlineJson(data: unknown): string {
  return JSON.stringify(data).replaceAll("<", "\\u003c");
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

const folder = new URL("../../dist/pages/client/", import.meta.url);

function asset(name: string): string {
  try {
    return readFileSync(new URL(name, folder), "utf8");
  } catch (error) {
    throw new CharrnnError("the pages are not built: run `npm run build` in the folder of charrnn", {
      cause: error,
    });
  }
}
