// Bundles the console's page into one text file, src/console/assets.txt, which the server imports: bun
// scripts/build-console.ts. Each file is compressed, and named by its content, so that browsers keep it forever.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";

const folder = resolve(import.meta.dir, "../src/console");
const OUTPUT = join(folder, "assets.txt");

interface Asset {
  readonly contentType: string;
  readonly gzip: string;
}

async function bundle(entry: string): Promise<string> {
  const built = await Bun.build({
    entrypoints: [join(folder, entry)],
    target: "browser",
    format: "esm",
    minify: true,
    define: { "process.env.NODE_ENV": '"production"' },
    tsconfig: join(folder, "tsconfig.json"),
  });
  const [output] = built.outputs;
  if (output === undefined) throw new Error(`bun build of ${entry} made nothing`);
  return output.text();
}

function nameOf(name: string, extension: string, text: string): string {
  return `${name}-${createHash("sha256").update(text).digest("hex").slice(0, 12)}.${extension}`;
}

/** Deterministic: gzip's header has no time. */
function assetOf(contentType: string, text: string): Asset {
  return { contentType, gzip: gzipSync(text, { level: 9 }).toString("base64") };
}

/** Writes the file if it differs. Throws when the page does not build. */
export async function buildConsole(): Promise<void> {
  const [main, worklet] = await Promise.all([bundle("main.tsx"), bundle("phone/worklet.ts")]);
  const style = readFileSync(join(folder, "style.css"), "utf8");
  const names = { main: nameOf("main", "js", main), worklet: nameOf("worklet", "js", worklet), style: nameOf("style", "css", style) };
  const head = [
    `<meta name="asset-worklet" content="${names.worklet}">`,
    `<link rel="stylesheet" href="console/${names.style}">`,
    `<script type="module" src="console/${names.main}"></script>`,
  ].join("\n");
  const page = readFileSync(join(folder, "index.html"), "utf8").replace("<!-- assets -->", head);
  const script = "text/javascript; charset=utf-8";
  const text = JSON.stringify({
    "index.html": assetOf("text/html; charset=utf-8", page),
    [names.main]: assetOf(script, main),
    [names.worklet]: assetOf(script, worklet),
    [names.style]: assetOf("text/css; charset=utf-8", style),
  });
  if (!existsSync(OUTPUT) || readFileSync(OUTPUT, "utf8") !== text) writeFileSync(OUTPUT, text);
}

if (import.meta.main) await buildConsole();
