// Every file of src is used by the program: it is imported, directly or not, by src/main.ts. A file that only tests
// import belongs to tests/.

import { posix } from "node:path";
import type { Source } from "./source.ts";

/** What stands for `#platform` under each runtime. */
const platforms = ["src/platform/bun.ts", "src/platform/deno.ts"];
/** scripts/build-console.ts bundles them for the browser. */
const bundled = ["src/console/main.tsx", "src/console/phone/worklet.ts"];

/** A thread is loaded by its path (src/adapters/store/start-thread.ts). */
const loadedByPath = /startThread\("([^"]+)"/g;

/** Files of src that src/main.ts does not reach, by imports of any kind. */
export function unreached(sources: readonly Source[]): string[] {
  const bySource = new Map(sources.filter(({ path }) => path.startsWith("src/")).map((source) => [source.path, source]));
  const reached = new Set<string>();
  const waiting = ["src/main.ts", ...platforms, ...bundled];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    for (const { specifier } of bySource.get(path)?.imports ?? []) {
      if (specifier.startsWith(".")) waiting.push(posix.join(posix.dirname(path), specifier));
    }
    for (const [, loaded = ""] of bySource.get(path)?.text.matchAll(loadedByPath) ?? []) waiting.push(`src/${loaded}`);
  }
  return [...bySource.keys()].filter((path) => !reached.has(path)).map((path) => `${path}: src/main.ts never imports it`);
}
