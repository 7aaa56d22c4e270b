// Builds dist/: the loader, the app with its style under names made from their content, and the manifest that says which is which.
// The same sources give the same bytes.
import { createHash } from "node:crypto";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = `${root}dist/`;

const shared = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  write: false,
  charset: "utf8",
  legalComments: "none",
  conditions: ["source"],
  target: ["es2020", "safari15"],
  logLevel: "warning",
};

async function bundle(entry, options) {
  const { outputFiles } = await build({ ...shared, ...options, entryPoints: [entry] });
  return outputFiles[0].contents;
}

const loader = await bundle("src/loader/loader.ts", { format: "iife" });
const script = await bundle("src/app/main.tsx", { format: "iife", jsx: "automatic", jsxImportSource: "preact" });
const style = await bundle("src/app/style/app.css", {});

const named = (kind, bytes) => `app-${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}.${kind}`;
const manifest = { "app.js": named("js", script), "app.css": named("css", style) };
const files = new Map([
  ["loader.js", loader],
  [manifest["app.js"], script],
  [manifest["app.css"], style],
  ["manifest.json", `${JSON.stringify(manifest, null, 2)}\n`],
]);

await mkdir(dist, { recursive: true });
for (const name of await readdir(dist)) if (!files.has(name)) await rm(dist + name);
for (const [name, bytes] of files) await writeFile(dist + name, bytes);
