// Writes src/schema.ts from docs/openapi.json.
import { readFile, writeFile } from "node:fs/promises";
import openapiTypescript, { astToString } from "openapi-typescript";

const source = new URL("../../../docs/openapi.json", import.meta.url);
const target = new URL("../src/schema.ts", import.meta.url);

const tree = await openapiTypescript(JSON.parse(await readFile(source, "utf8")), { alphabetize: true, defaultNonNullable: false });
const head = "// Made from docs/openapi.json by scripts/generate: not to be edited.\n\n";
await writeFile(target, head + astToString(tree));
