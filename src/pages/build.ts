import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const client = fileURLToPath(new URL("client/", import.meta.url));

/** Each file directly in client/ is bundled: a script for each page, and the stylesheet of all pages. */
const entryPoints = readdirSync(client, { withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(ts|css)$/.test(entry.name))
  .map(({ name }) => `${client}${name}`);

await build({
  entryPoints,
  outdir: fileURLToPath(new URL("../../dist/pages/client/", import.meta.url)),
  bundle: true,
  minify: true,
  format: "iife",
  // Pages open in the browsers of the last three years.
  target: ["chrome115", "firefox115", "safari16.4"],
  legalComments: "none",
  charset: "utf8",
  logLevel: "warning",
});
