// The seam under Bun: the promises of every runtime, and what only Bun needs.

import { test } from "bun:test";
import { connect } from "node:net";
import { assertMatch } from "@std/assert";
import { listen } from "../../src/platform/bun.ts";
import { seamTests } from "./seam-cases.ts";

seamTests("bun", [process.execPath]);

test("listen: the connection is closed after each answer, so that idle ones hold no files", async () => {
  const server = listen({
    hostname: "127.0.0.1",
    port: 0,
    maxMessageBytes: 1_000,
    fetch(request) {
      if (request.url.endsWith("/throw")) throw new Error("thrown on purpose");
      return request.url.endsWith("/later") ? Promise.resolve(new Response("ok")) : new Response("ok");
    },
    failed: () => new Response("failed", { status: 500 }),
    threw: () => {},
  });
  for (const path of ["/", "/later", "/throw"]) {
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(server.port, "127.0.0.1", () => socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`));
      let seen = "";
      socket.on("data", (data) => {
        seen += data.toString("latin1");
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(seen));
    });
    assertMatch(text, /^HTTP\/1\.1 \d+ [\s\S]*\r\nconnection: close\r\n/i);
  }
  await server.stopNow();
});
