// Servers that break HTTP, under both runtimes: each request ends, by its time limit at the latest, and leaves no
// connection behind (the program would not end). What addresses may be reached: tool-runner.test.ts.

import { test } from "bun:test";
import { join } from "node:path";
import { assertEquals } from "@std/assert";
import denoJson from "../../../deno.json" with { type: "json" };

const root = join(import.meta.dir, "../../..");
const program = join(import.meta.dir, "hostile-servers.ts");
/** With the permissions of `deno task serve`. */
const [deno = "", ...permissions] = denoJson.tasks.serve.split(" ").slice(0, -1);
const runtimes = {
  Bun: [process.execPath, program],
  Deno: [join(root, ".tools/deno/node_modules/deno", deno), ...permissions, program],
};
/** Where nothing listens: a request that went through it would fail. */
const proxy = "http://127.0.0.1:1";

for (const [name, command] of Object.entries(runtimes)) {
  test(`guardedRequest under ${name}: no server keeps a request, and no proxy gets one`, () => {
    const env = { ...process.env, NODE_USE_ENV_PROXY: "1", HTTP_PROXY: proxy, http_proxy: proxy, ALL_PROXY: proxy, NO_PROXY: "127.0.0.1" };
    const { stdout, stderr } = Bun.spawnSync(command, { cwd: root, env });
    const text = stdout.toString();
    const { results } = JSON.parse(text === "" ? `{"results":${JSON.stringify(stderr.toString())}}` : text) as { results: unknown };
    assertEquals(results, {
      "HTTP/1.0, ended by close": "200 2 bytes",
      "keep-alive": "200 2 bytes",
      "gzip, not asked for": "200 cut 100 bytes",
      "as long as the limit": "200 100 bytes",
      "longer than the limit, without an end": "200 cut 100 bytes",
      "longer than its Content-Length": "200 2 bytes",
      "shorter than its Content-Length": "failed",
      "two Content-Lengths": "failed",
      "negative Content-Length": "failed",
      "chunks that end early": "failed",
      "a chunk without a length": "failed",
      "trickled head": "timeout",
      "trickled body": "timeout",
      "100 Continue without end": "timeout",
      "101 Switching Protocols": "failed",
      "headers without end": "failed",
      "one long header": "failed",
      "another protocol": "failed",
      "reset at once": "failed",
      "closed at once": "failed",
      "a name": "200 2 bytes",
      "its request line": "GET / HTTP/1.1",
      "a name that does not exist": "failed",
    });
  });
}
