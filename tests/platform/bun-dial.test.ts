// Bun's dialled sockets, beyond what seam-cases.ts asks of both runtimes: what Bun's own client hides.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { dialBun } from "../../src/platform/bun-dial.ts";
import { type DialEnd, MAX_MESSAGE_BYTES } from "../../src/platform/seam.ts";

interface Heard {
  readonly texts: string[];
  opened: number;
  refused: number;
}

/** Dials, and resolves with the end and what came before it. `onText` may close. */
function dialled(url: string, onText = (_close: () => void): void => {}): Promise<Heard & { readonly end: DialEnd }> {
  const { promise, resolve } = Promise.withResolvers<Heard & { readonly end: DialEnd }>();
  const heard: Heard = { texts: [], opened: 0, refused: 0 };
  const socket = dialBun(
    url,
    { "X-Key": "k" },
    {
      opened() {
        heard.opened += 1;
      },
      refused() {
        heard.refused += 1;
      },
      text(text) {
        heard.texts.push(text.slice(0, 20));
        onText(() => socket.close(1000, ""));
      },
      closed: (end) => resolve({ ...heard, end }),
    },
  );
  return promise;
}

/** A server that refuses the first `refusals` handshakes with 503. It greets, or sends one message of `bytes`. */
function serve(refusals: number, bytes = 5) {
  let handshakes = 0;
  const keys: (string | null)[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request, upgrader) {
      keys.push(request.headers.get("x-key"));
      if (++handshakes <= refusals) return new Response("busy", { status: 503, headers: { "retry-after": "7" } });
      return upgrader.upgrade(request) ? undefined : new Response("", { status: 400 });
    },
    websocket: { message: () => {}, open: (socket) => void socket.send("a".repeat(bytes)) },
  });
  return { url: `ws://127.0.0.1:${server.port}/`, keys, [Symbol.dispose]: () => void server.stop(true) };
}

test("dialBun: a handshake that is refused twice is reported once, with status, headers and body", async () => {
  using server = serve(2);
  const { opened, refused, end } = await dialled(server.url);
  assertEquals([opened, refused, end.httpStatus, end.refusal?.body, end.refusal?.headers["retry-after"]], [0, 1, 503, "busy", "7"]);
  assertEquals(server.keys, ["k", "k"]);
});

test("dialBun: a server that accepts the second handshake is used", async () => {
  using server = serve(1);
  const { opened, refused, texts, end } = await dialled(server.url, (close) => close());
  assertEquals([opened, refused, texts, end.code, end.httpStatus], [1, 0, ["aaaaa"], 1000, undefined]);
});

test("dialBun: an accepted handshake is the only one", async () => {
  using server = serve(0);
  const { opened, end } = await dialled(server.url, (close) => close());
  assertEquals([opened, end.code, server.keys], [1, 1000, ["k"]]);
});

test("dialBun: a message at the limit is passed on, one beyond it ends the connection", async () => {
  using fits = serve(0, MAX_MESSAGE_BYTES);
  assertEquals((await dialled(fits.url, (close) => close())).texts, ["a".repeat(20)]);
  using exceeds = serve(0, MAX_MESSAGE_BYTES + 1);
  const { texts, end } = await dialled(exceeds.url);
  assertEquals([texts, end.code, end.failure], [[], 1006, "Max payload size exceeded"]);
});

test("dialBun: closed before it opens, it is not dialled again", async () => {
  using server = serve(1);
  const { promise, resolve } = Promise.withResolvers<DialEnd>();
  const socket = dialBun(server.url, {}, { opened: () => {}, text: () => {}, closed: resolve });
  socket.close(1000, "");
  assertEquals((await promise).code, 1006);
  assertEquals(server.keys.length <= 1, true);
});
