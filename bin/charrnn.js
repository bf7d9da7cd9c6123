#!/usr/bin/env node
import { existsSync } from "node:fs";
import { URL } from "node:url";

const main = new URL("../dist/cli/main.js", import.meta.url);

/** @param {string} line */
function refuse(line) {
  process.stderr.write(`charrnn: ${line}\n`);
  process.exitCode = 1;
}

if (Number.parseInt(process.versions.node, 10) < 20) {
  refuse(`Node ${process.versions.node} is too old: charrnn needs Node 20 or newer, see https://nodejs.org`);
} else if (!existsSync(main)) {
  refuse("it is not built yet: run `npm run build` in its folder");
} else {
  await import(main.href);
}
