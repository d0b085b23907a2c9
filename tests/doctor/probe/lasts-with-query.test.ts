// A server that needs the stream URL's query, and one that ends every stream.

import { afterAll, test } from "bun:test";
import { assertEquals } from "@std/assert";
import { lastsWithQuery } from "../../../src/doctor/probe/lasts-with-query.ts";
import { type CallSetup, placeDoctorCall } from "../../../src/doctor/probe/place-doctor-call.ts";
import { madeOptions, madeWorld } from "./made.ts";

const server = Bun.serve<{ readonly stays: boolean }>({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request, self) {
    const { pathname, searchParams } = new URL(request.url);
    return self.upgrade(request, { data: { stays: pathname === "/needs" && searchParams.has("token") } }) ? undefined : new Response("no");
  },
  websocket: {
    message(socket) {
      if (!socket.data.stays) socket.close(1008);
    },
  },
});
afterAll(() => server.stop(true));

async function probe(path: string): Promise<boolean | undefined> {
  const written = `ws://127.0.0.1:${server.port}${path}`;
  const setup: CallSetup = { options: madeOptions({ target: written }), calls: 1, isLocalTrial: true };
  const placed = placeDoctorCall(setup, 1, madeWorld());
  return lastsWithQuery(await placed.end(), written, setup, madeWorld());
}

for (const [what, path, lasts] of [
  ["a server that needs it", "/needs?token=1", true],
  ["a server that ends every stream", "/never?token=1", false],
  ["a URL without a query", "/never", undefined],
] as const) {
  test(`lastsWithQuery: ${what}: ${lasts}`, async () => {
    assertEquals(await probe(path), lasts);
  });
}
