// The model's socket: what it dials, with a dial of ours that the tests answer, and once over a real socket.

import { test } from "bun:test";
import { assertEquals, assertMatch } from "@std/assert";
import { realClock } from "../../src/adapters/clock.ts";
import { HANDSHAKE_MS, MAX_BUFFERED_BYTES, MODEL_CLOSE_WAIT_MS, modelSocket, type OpenAiAgent } from "../../src/adapters/model-socket.ts";
import type { ModelEnd } from "../../src/call/ports.ts";
import type { DialListener, Platform } from "../../src/platform/seam.ts";
import { manualClock } from "../support/manual-clock.ts";

const agent: OpenAiAgent = {
  type: "openai",
  apiKey: "sk-test",
  model: "gpt-realtime-2.1",
  realtimeUrl: "wss://api.openai.com/v1/realtime",
};
const end = (code: number, failure?: string): ModelEnd => ({ code, reason: "", httpStatus: undefined, failure });

function rig(bufferedBytes = 0) {
  const clock = manualClock();
  const told: string[] = [];
  const dialled: { url: string; headers: Readonly<Record<string, string>>; listener: DialListener }[] = [];
  const dial: Platform["dial"] = (url, headers, listener) => {
    dialled.push({ url, headers, listener });
    return {
      sendText: (text) => told.push(`> ${text}`),
      close: (code) => told.push(`> close ${code}`),
      terminate: () => told.push("> terminate"),
      bufferedBytes: () => bufferedBytes,
    };
  };
  const port = modelSocket(agent, clock, dial).dial("CA1", "hash", {
    opened: () => told.push("opened"),
    text: (text) => told.push(`text ${text}`),
    closed: (closed) => told.push(`closed ${closed.code} ${closed.failure ?? ""}`),
  });
  const far = dialled[0];
  if (far === undefined) throw new Error("nothing was dialled");
  return { clock, told, port, far };
}

test("modelSocket: dials the model with the key and the caller's hash, and never the beta header", () => {
  const { far } = rig();
  assertEquals(far.url, "wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1");
  assertEquals(far.headers, { Authorization: "Bearer sk-test", "OpenAI-Safety-Identifier": "hash" });
});

test("modelSocket: its name says which model, where, and not the key", () => {
  assertEquals(modelSocket(agent, manualClock()).name, "OpenAI gpt-realtime-2.1 at api.openai.com");
});

test("modelSocket: opens, passes on, sends when open, and tells one end", () => {
  const { clock, told, port, far } = rig();
  port.send("too early");
  far.listener.opened();
  far.listener.text("a");
  port.send("b");
  far.listener.closed(end(1011));
  far.listener.closed(end(1006));
  port.send("late");
  assertEquals(told, ["opened", "text a", "> b", "closed 1011 "]);
  assertEquals(clock.pending, 0);
});

test("modelSocket: a handshake without answer ends after HANDSHAKE_MS; an opening after that is not told", () => {
  const { clock, told, far } = rig();
  clock.advance(HANDSHAKE_MS - 1);
  assertEquals(told, []);
  clock.advance(1);
  far.listener.opened();
  assertEquals(told, ["closed 1006 no answer to the handshake for 5 s", "> terminate"]);
});

test("modelSocket: an open connection has no deadline", () => {
  const { clock, told, far } = rig();
  far.listener.opened();
  clock.advance(HANDSHAKE_MS * 1_000);
  assertEquals(told, ["opened"]);
});

for (const open of [true, false]) {
  test(`modelSocket: close ${open ? "when open" : "while dialling"}: nothing more is passed on, the end is told`, () => {
    const { clock, told, port, far } = rig();
    if (open) far.listener.opened();
    told.length = 0;
    port.close();
    port.close();
    far.listener.text("late");
    far.listener.opened();
    far.listener.closed(end(1000));
    assertEquals(told, ["> close 1000", "closed 1000 "]);
    assertEquals(clock.pending, 0);
  });
}

test("modelSocket: a server that does not answer our close is dropped", () => {
  const { clock, told, port, far } = rig();
  far.listener.opened();
  port.close();
  clock.advance(MODEL_CLOSE_WAIT_MS);
  assertEquals(told, ["opened", "> close 1000", "closed 1006 no answer to our close for 5 s", "> terminate"]);
});

test("modelSocket: a server that does not read is dropped", () => {
  const { told, port, far } = rig(MAX_BUFFERED_BYTES + 1);
  far.listener.opened();
  port.send("b");
  assertMatch(told.join("; "), /^opened; closed 1006 .*does not read; > terminate$/);
});

/** A server that answers every handshake with `status`, or opens. */
async function endOf(status: number): Promise<ModelEnd | "opened"> {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request, self) => (status === 101 && self.upgrade(request) ? undefined : new Response("{}", { status })),
    websocket: { message: () => {} },
  });
  const { promise, resolve } = Promise.withResolvers<ModelEnd | "opened">();
  const dialler = modelSocket({ ...agent, realtimeUrl: `ws://127.0.0.1:${server.port}/v1/realtime` }, realClock());
  dialler.dial("CA1", "hash", { opened: () => resolve("opened"), text: () => {}, closed: resolve });
  const ended = await promise;
  await server.stop(true);
  return ended;
}

test("modelSocket: over a real socket it opens", async () => {
  assertEquals(await endOf(101), "opened");
});

test("modelSocket: over a real socket, a refused handshake tells its status", async () => {
  const ended = await endOf(401);
  assertEquals(ended === "opened" ? ended : [ended.code, ended.httpStatus], [1006, 401]);
});
