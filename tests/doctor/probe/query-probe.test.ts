// A server that needs the stream's query, and one that ends streams with it and without.

import { afterAll, test } from "bun:test";
import { assertEquals } from "@std/assert";
import { type Place, placeDoctorCall } from "../../../src/doctor/probe/place.ts";
import { lastsWithQuery } from "../../../src/doctor/probe/query-probe.ts";
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

/** A call to a stream, and whether it lasts with the query. */
async function probe(path: string): Promise<boolean | undefined> {
  const written = `ws://127.0.0.1:${server.port}${path}`;
  const place: Place = { options: madeOptions({ target: written }), isLocalTrial: true };
  const placed = placeDoctorCall(place, 1, madeWorld());
  return lastsWithQuery(await placed.end([]), written, place, madeWorld());
}

for (const [what, path, lasts] of [
  ["one that needs it", "/needs?token=1", true],
  ["one that ends every stream", "/never?token=1", false],
  ["a URL without a query", "/never", undefined],
] as const) {
  test(`lastsWithQuery: ${what}: ${lasts}`, async () => {
    assertEquals(await probe(path), lasts);
  });
}
