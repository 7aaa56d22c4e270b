// Measures what a visitor's browser loads, compressed as a server would (gzip, level 9), against the budget. Ends with 1 above it.
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(await readFile(new URL("manifest.json", dist), "utf8"));
const weigh = async (name) => gzipSync(await readFile(new URL(name, dist)), { level: 9 }).length;

const loader = await weigh("loader.js");
const app = (await weigh(manifest["app.js"])) + (await weigh(manifest["app.css"]));
const budgets = [
  ["loader", loader, 6 * 1024],
  ["app (script and style)", app, 45 * 1024],
];
for (const [name, bytes, limit] of budgets) {
  console.log(`widget: ${name}: ${(bytes / 1024).toFixed(1)} KB of ${limit / 1024} KB gzip`);
  if (bytes > limit) process.exitCode = 1;
}
