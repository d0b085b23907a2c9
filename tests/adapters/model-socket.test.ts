// The model's socket: what it dials, with a dial of ours that the tests answer, and once over a real socket.

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
  type OpenAiAgent,
  REFUSAL_MS,
} from "../../src/adapters/model-socket.ts";
import type { Clock, ModelEnd } from "../../src/call/ports.ts";
import type { DialListener, Platform } from "../../src/platform/seam.ts";
import { scriptedBrain } from "../../src/simulators/openai/brains/brain.ts";
import type { HandshakeFault } from "../../src/simulators/openai/faults.ts";
import { startModelSimulator } from "../../src/simulators/sockets/model-simulator.ts";
import { manualClock } from "../support/manual-clock.ts";

const agent: OpenAiAgent = {
  type: "openai",
  apiKey: "sk-test",
  model: "gpt-realtime-2.1",
  realtimeUrl: "wss://api.openai.com/v1/realtime",
};
const broken = (failure: string): ModelEnd => ({ code: 1006, reason: "", httpStatus: undefined, failure });
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
  assertEquals(told, ["closed 1006 no response to the handshake within 5 s", "> terminate"]);
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
  assertEquals(told, ["opened", "> close 1000", "closed 1006 no answer to our close frame within 5 s", "> terminate"]);
});

test("modelSocket: a server that does not read is dropped", () => {
  const { told, port, far } = rig(MAX_BUFFERED_BYTES + 1);
  far.listener.opened();
  port.send("b");
  assertMatch(told.join("; "), /^opened; closed 1006 .*does not read; > terminate$/);
});

/** How a dial of this URL ends over a real socket, or that it opens; with `clock`, time is the test's own. */
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
/** Takes every connection and says nothing. */
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

/** What the double says at the handshake, and what of it reaches the call. */
const refusals: readonly (readonly [fault: HandshakeFault, errorCode: string, failure: RegExp, retryAfterMs?: number])[] = [
  ["400", "missing_model", /^refused: missing_model: You must provide a model parameter\.$/],
  ["401", "invalid_api_key", /^refused: invalid_api_key: Incorrect API key provided/],
  ["403", "unsupported_country_region_territory", /^refused: .*Country, region, or territory not supported$/],
  ["404", "model_not_found", /^refused: model_not_found: The model does not exist/],
  ["429", "rate_limit_exceeded", /Please try again in 20s\. \(retry after 20 s\)$/, 20_000],
  ["503", "server_error", /currently overloaded, please try again later\. \(retry after 5 s\)$/, 5_000],
];
for (const [name, errorCode, failure, retryAfterMs] of refusals) {
  test(`modelSocket: a handshake refused with ${name} ends with its status, ${errorCode}, and the server's words`, async () => {
    fault = name;
    const end = await endOf(model.url);
    if (end === "opened") throw new Error("it opened");
    assertEquals([end.code, end.httpStatus, end.errorCode, end.retryAfterMs], [1006, Number(name), errorCode, retryAfterMs]);
    assertMatch(end.failure ?? "", failure);
  });
}

const unreachable: readonly (readonly [what: string, url: string, failure: RegExp])[] = [
  ["a name that does not exist", "wss://no-such-host.invalid/v1/realtime", /ENOTFOUND|EAI_AGAIN/],
  ["a port on which nobody listens", "ws://127.0.0.1:1/v1/realtime", /ECONNREFUSED/],
  ["a certificate that nobody has signed", `wss://127.0.0.1:${tls.port}/v1/realtime`, /self.signed/],
  ["a server without TLS", `${model.url.replace("ws:", "wss:")}`, /SSL|TLS/i],
];
for (const [what, url, failure] of unreachable) {
  test(`modelSocket: ${what} ends with what was wrong`, async () => {
    const end = await endOf(url);
    if (end === "opened") throw new Error("it opened");
    assertEquals([end.code, end.httpStatus, end.errorCode], [1006, undefined, undefined]);
    assertMatch(end.failure ?? "", failure);
  });
}

test("modelSocket: a real server that takes the connection and says nothing is dropped after HANDSHAKE_MS", async () => {
  const clock = manualClock();
  const connected = new Promise((resolve) => mute.once("connection", resolve));
  const end = endOf(`ws://127.0.0.1:${(mute.address() as AddressInfo).port}/v1/realtime`, clock);
  await connected;
  clock.advance(HANDSHAKE_MS);
  assertEquals(await end, broken("no response to the handshake within 5 s"));
  assertEquals(clock.pending, 0);
});

test("modelSocket: a refusal that is not said to its end is told after REFUSAL_MS, with what is there", async () => {
  const { clock, told, far } = rig();
  clock.advance(HANDSHAKE_MS - 1);
  far.listener.refused?.();
  clock.advance(REFUSAL_MS - 1);
  assertEquals(told, []);
  clock.advance(1);
  assertEquals(told, ["> terminate"]);
  far.listener.closed({ ...end(1006, "HTTP 500"), httpStatus: 500, refusal: { headers: {}, body: "half" } });
  assertEquals(told, ["> terminate", "closed 1006 refused: half"]);
  assertEquals(clock.pending, 0);
});

test("modelSocket: the key is not in what is told of a refusal that quotes it", () => {
  const { told, far } = rig();
  const body = JSON.stringify({ error: { code: "invalid_api_key", message: "no such key: sk-test" } });
  far.listener.closed({ ...end(1006), httpStatus: 401, refusal: { headers: {}, body } });
  assertEquals(told, ["closed 1006 refused: invalid_api_key: no such key: [masked]"]);
});
