// The model's socket, with a fake dial, and at the end over real sockets.

import { afterAll, test } from "bun:test";
import { type AddressInfo, createServer } from "node:net";
import { assertEquals, assertMatch } from "@std/assert";
import { listen } from "#platform";
import { realClock } from "../../src/adapters/clock.ts";
import {
  HANDSHAKE_MS,
  MAX_BUFFERED_BYTES,
  MODEL_CLOSE_WAIT_MS,
  modelSocket,
  type OpenAiModel,
  REFUSAL_MS,
} from "../../src/adapters/model-socket.ts";
import type { Clock, ModelEnd } from "../../src/call/ports.ts";
import type { DialListener, Platform } from "../../src/platform/seam.ts";
import { scriptedBrain } from "../../src/simulators/openai/brains/brain.ts";
import type { HandshakeFault } from "../../src/simulators/openai/faults.ts";
import { startModelSimulator } from "../../src/simulators/sockets/model-simulator.ts";
import { manualClock } from "../support/manual-clock.ts";

const agent: OpenAiModel = {
  type: "openai",
  apiKey: "sk-test",
  model: "gpt-realtime-2.1",
  realtimeUrl: "wss://api.openai.com/v1/realtime",
};
const broken = (failure: string): ModelEnd => ({ code: 1006, reason: "", httpStatus: undefined, failure });
const end = (code: number, failure?: string): ModelEnd => ({ code, reason: "", httpStatus: undefined, failure });

function rig(bufferedBytes = 0) {
  const clock = manualClock();
  const seen: string[] = [];
  const dialled: { url: string; headers: Readonly<Record<string, string>>; listener: DialListener }[] = [];
  const dial: Platform["dial"] = (url, headers, listener) => {
    dialled.push({ url, headers, listener });
    return {
      sendText: (text) => seen.push(`> ${text}`),
      close: (code) => seen.push(`> close ${code}`),
      terminate: () => seen.push("> terminate"),
      bufferedBytes: () => bufferedBytes,
    };
  };
  const port = modelSocket(agent, clock, dial).dial("CA1", "hash", {
    opened: () => seen.push("opened"),
    text: (text) => seen.push(`text ${text}`),
    closed: (closed) => seen.push(`closed ${closed.code} ${closed.failure ?? ""}`),
  });
  const peer = dialled[0];
  if (peer === undefined) throw new Error("nothing was dialled");
  return { clock, seen, port, peer };
}

test("modelSocket: dials the model with the key and the caller's hash, and never the beta header", () => {
  const { peer } = rig();
  assertEquals(peer.url, "wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1");
  assertEquals(peer.headers, { Authorization: "Bearer sk-test", "OpenAI-Safety-Identifier": "hash" });
});

test("modelSocket: its name has the model and the host, not the key", () => {
  assertEquals(modelSocket(agent, manualClock()).name, "OpenAI gpt-realtime-2.1 at api.openai.com");
});

test("modelSocket: opens, passes on text, sends when open, and reports one end", () => {
  const { clock, seen, port, peer } = rig();
  port.send("too early");
  peer.listener.opened();
  peer.listener.text("a");
  port.send("b");
  peer.listener.closed(end(1011));
  peer.listener.closed(end(1006));
  port.send("late");
  assertEquals(seen, ["opened", "text a", "> b", "closed 1011 "]);
  assertEquals(clock.pending, 0);
});

test("modelSocket: an unanswered handshake ends after HANDSHAKE_MS; a later opening is ignored", () => {
  const { clock, seen, peer } = rig();
  clock.advance(HANDSHAKE_MS - 1);
  assertEquals(seen, []);
  clock.advance(1);
  peer.listener.opened();
  assertEquals(seen, ["closed 1006 no response to the handshake within 5 s", "> terminate"]);
});

test("modelSocket: an open connection has no deadline", () => {
  const { clock, seen, peer } = rig();
  peer.listener.opened();
  clock.advance(HANDSHAKE_MS * 1_000);
  assertEquals(seen, ["opened"]);
});

for (const open of [true, false]) {
  test(`modelSocket: close ${open ? "when open" : "while dialling"}: nothing more is passed on, and the end is reported`, () => {
    const { clock, seen, port, peer } = rig();
    if (open) peer.listener.opened();
    seen.length = 0;
    port.close();
    port.close();
    peer.listener.text("late");
    peer.listener.opened();
    peer.listener.closed(end(1000));
    assertEquals(seen, ["> close 1000", "closed 1000 "]);
    assertEquals(clock.pending, 0);
  });
}

test("modelSocket: a server that does not answer our close is dropped", () => {
  const { clock, seen, port, peer } = rig();
  peer.listener.opened();
  port.close();
  clock.advance(MODEL_CLOSE_WAIT_MS);
  assertEquals(seen, ["opened", "> close 1000", "closed 1006 no answer to our close frame within 5 s", "> terminate"]);
});

test("modelSocket: a server that does not read is dropped once more than the limit has been sent", () => {
  const { seen, port, peer } = rig(MAX_BUFFERED_BYTES + 1);
  peer.listener.opened();
  port.send("a".repeat(MAX_BUFFERED_BYTES));
  port.send("b");
  assertMatch(seen.join("; "), /^opened; > a+; closed 1006 .*does not read; > terminate$/);
});

/** Dials over a real socket, and reports its end or that it opened. */
function endOf(realtimeUrl: string, clock: Clock = realClock()): Promise<ModelEnd | "opened"> {
  const { promise, resolve } = Promise.withResolvers<ModelEnd | "opened">();
  const port = modelSocket({ ...agent, realtimeUrl }, clock).dial("CA1", "hash", {
    opened: () => {
      port.close();
      resolve("opened");
    },
    text: () => {},
    closed: resolve,
  });
  return promise;
}

const tlsFile = (name: string): Promise<string> => Bun.file(new URL(`../data/tls/${name}`, import.meta.url)).text();
const tls = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  tls: { cert: await tlsFile("cert.pem"), key: await tlsFile("key.pem") },
  fetch: () => new Response(),
});
/** Accepts connections and never answers. */
const mute = createServer(() => {}).listen(0, "127.0.0.1");
let fault: HandshakeFault | undefined;
const model = startModelSimulator({
  listen,
  clock: realClock(),
  behaviourFor: () => ({ brain: scriptedBrain([]), ...(fault === undefined ? {} : { handshake: fault }) }),
});
afterAll(async () => {
  await tls.stop(true);
  mute.close();
  await model.stop();
});

test("modelSocket: over a real socket it opens", async () => {
  fault = undefined;
  assertEquals(await endOf(model.url), "opened");
});

/** The simulator's refusals of a handshake, and what the call receives of each. */
const refusals: readonly (readonly [fault: HandshakeFault, errorCode: string, failure: RegExp, retryAfterMs?: number])[] = [
  ["400", "missing_model", /^refused: missing_model: You must provide a model parameter\.$/],
  ["401", "invalid_api_key", /^refused: invalid_api_key: Incorrect API key provided/],
  ["403", "unsupported_country_region_territory", /^refused: .*Country, region, or territory not supported$/],
  ["404", "model_not_found", /^refused: model_not_found: The model does not exist/],
  ["429", "rate_limit_exceeded", /Please try again in 20s\. \(retry after 20 s\)$/, 20_000],
  ["503", "server_error", /currently overloaded, please try again later\. \(retry after 5 s\)$/, 5_000],
];
for (const [name, errorCode, failure, retryAfterMs] of refusals) {
  test(`modelSocket: a handshake refused with ${name} ends with its status, ${errorCode}, and the server's message`, async () => {
    fault = name;
    const end = await endOf(model.url);
    if (end === "opened") throw new Error("it opened");
    assertEquals([end.code, end.httpStatus, end.errorCode, end.retryAfterMs], [1006, Number(name), errorCode, retryAfterMs]);
    assertMatch(end.failure ?? "", failure);
  });
}

const unreachable: readonly (readonly [what: string, url: string, failure: RegExp])[] = [
  ["a name that does not exist", "wss://no-such-host.invalid/v1/realtime", /ENOTFOUND|EAI_AGAIN/],
  ["a port where nothing listens", "ws://127.0.0.1:1/v1/realtime", /ECONNREFUSED/],
  ["a self-signed certificate", `wss://127.0.0.1:${tls.port}/v1/realtime`, /self.signed/],
  ["a server without TLS", `${model.url.replace("ws:", "wss:")}`, /SSL|TLS/i],
];
for (const [what, url, failure] of unreachable) {
  test(`modelSocket: ${what} ends with the failure`, async () => {
    const end = await endOf(url);
    if (end === "opened") throw new Error("it opened");
    assertEquals([end.code, end.httpStatus, end.errorCode], [1006, undefined, undefined]);
    assertMatch(end.failure ?? "", failure);
  });
}

test("modelSocket: a real server that accepts the connection and never answers is dropped after HANDSHAKE_MS", async () => {
  const clock = manualClock();
  const connected = new Promise((resolve) => mute.once("connection", resolve));
  const end = endOf(`ws://127.0.0.1:${(mute.address() as AddressInfo).port}/v1/realtime`, clock);
  await connected;
  clock.advance(HANDSHAKE_MS);
  assertEquals(await end, broken("no response to the handshake within 5 s"));
  assertEquals(clock.pending, 0);
});

test("modelSocket: an incomplete refusal is reported after REFUSAL_MS, as far as it was read", async () => {
  const { clock, seen, peer } = rig();
  clock.advance(HANDSHAKE_MS - 1);
  peer.listener.refused?.();
  clock.advance(REFUSAL_MS - 1);
  assertEquals(seen, []);
  clock.advance(1);
  assertEquals(seen, ["> terminate"]);
  peer.listener.closed({ ...end(1006, "HTTP 500"), httpStatus: 500, refusal: { headers: {}, body: "half" } });
  assertEquals(seen, ["> terminate", "closed 1006 refused: half"]);
  assertEquals(clock.pending, 0);
});

test("modelSocket: the key is masked in a refusal that quotes it", () => {
  const { seen, peer } = rig();
  const body = JSON.stringify({ error: { code: "invalid_api_key", message: "no such key: sk-test" } });
  peer.listener.closed({ ...end(1006), httpStatus: 401, refusal: { headers: {}, body } });
  assertEquals(seen, ["closed 1006 refused: invalid_api_key: no such key: [masked]"]);
});
