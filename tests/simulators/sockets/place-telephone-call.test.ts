// A telephone call on real sockets, against a small server over the loopback.

import { afterAll, test } from "bun:test";
import { assertEquals, assertRejects } from "@std/assert";
import type { ServerWebSocket } from "bun";
import { realClock } from "../../../src/adapters/clock.ts";
import type { TelephoneCallHandle } from "../../../src/simulators/sockets/place-telephone-call.ts";
import { placeTelephoneCall } from "../../../src/simulators/sockets/place-telephone-call.ts";
import { playedBytes } from "../../../src/simulators/twilio/heard-audio.ts";
import type { TelephoneInput, TelephoneOptions, TelephoneOutput } from "../../../src/simulators/twilio/telephone/inputs-outputs.ts";

const clock = realClock();
const random = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));
/** Longer than any test here takes. It only limits a failing run. */
const patienceMs = 5_000;

type Wire = { readonly event: string; readonly streamSid: string; readonly media: { readonly payload: string } };

/** A server that connects each call to a stream and passes its messages to the test. */
function serve(message: (socket: ServerWebSocket<undefined>, wire: Wire) => void, seen: string[] = []) {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request, self) {
      const { pathname } = new URL(request.url);
      if (pathname === "/stream") return self.upgrade(request) ? undefined : new Response("no", { status: 400 });
      const { CallStatus = "" } = Object.fromEntries(new URLSearchParams(await request.text()));
      seen.push(`${pathname} ${CallStatus}`);
      const stream = `ws://127.0.0.1:${self.port}/stream`;
      const twiml = pathname === "/voice" ? `<Connect action="/after"><Stream url="${stream}"/></Connect>` : "<Say>after</Say>";
      return new Response(`<Response>${twiml}</Response>`, { headers: { "Content-Type": "text/xml" } });
    },
    websocket: { message: (socket, text) => message(socket, JSON.parse(String(text))) },
  });
  afterAll(() => server.stop(true));
  return server;
}

function call(
  port: number | undefined,
  more: Partial<TelephoneOptions> = {},
  trace?: (event: TelephoneInput | TelephoneOutput) => void,
): TelephoneCallHandle {
  const webhook = { url: `http://127.0.0.1:${port}/voice` };
  const options = { webhook, authToken: "0".repeat(32), seed: "raw", allowPlainSocket: true, ...more };
  const running = placeTelephoneCall(options, { clock, random, ...(trace === undefined ? {} : { trace }) });
  afterAll(() => running.abort());
  return running;
}

const echo = (socket: ServerWebSocket<undefined>, { event, streamSid, media }: Wire): void => {
  if (event === "media") socket.send(JSON.stringify({ event, streamSid, media: { payload: media.payload } }));
};

test("placeTelephoneCall: speech is sent over a real socket and its echo is heard; after the hang-up the action is requested", async () => {
  const seen: string[] = [];
  const server = serve(echo, seen);
  const speech = new Uint8Array(await Bun.file(new URL("../../data/jfk.ulaw", import.meta.url)).arrayBuffer()).slice(8_000, 9_600);
  const running = call(server.port, { speech });
  await running.until("all of it heard", ({ stream }) => (stream?.caller.counts.bytesReceived ?? 0) >= 1_760, patienceMs);
  await running.until("the last frame played", ({ stream }) => (stream?.caller.playback.heard.totalMs ?? 0) >= 200, patienceMs);
  running.command({ type: "hangUp", requestsAction: true });
  const { streams, end } = await running.done;
  const heard = streams[0]?.heard ?? { keepMs: 0, pieces: [], totalMs: 0 };
  assertEquals(playedBytes(heard).slice(0, 1_600), speech);
  assertEquals([end?.by, streams[0]?.end?.by, streams[0]?.end?.code], ["caller", "caller", 1000]);
  assertEquals(seen, ["/voice ringing", "/after completed"]);
});

test("placeTelephoneCall: when the server closes the stream, the next verb is heard and the call ends", async () => {
  const server = serve((socket, { event }) => (event === "media" ? socket.close(1000, "bye") : undefined));
  const { streams, line, problems } = await call(server.port).done;
  assertEquals(streams[0]?.end && [streams[0].end.by, streams[0].end.code, streams[0].end.reason], ["server", 1000, "bye"]);
  assertEquals(
    line.map(({ kind }) => kind),
    ["say", "hangup"],
  );
  assertEquals(problems, []);
});

test("placeTelephoneCall: the trace has every input and output, in order", async () => {
  const types: string[] = [];
  const server = serve((socket, { event }) => (event === "start" ? socket.close() : undefined));
  await call(server.port, {}, ({ type }) => types.push(type)).done;
  assertEquals(types.slice(0, 5), ["placed", "http.request", "http.answered", "socket.dial", "socket.opened"]);
  assertEquals(types.at(-1), "done");
});

test("until: rejects when the call ends first, and after the timeout", async () => {
  const running = call(1); // nothing listens on port 1
  await assertRejects(
    () => running.until("a stream", ({ stream }) => stream !== undefined, patienceMs),
    Error,
    "a stream: the call ended first",
  );
  assertEquals(
    running.call.problems.map(({ twilioCode }) => twilioCode),
    [11202],
  );
  const silent = call(serve(() => {}).port);
  await assertRejects(
    () => silent.until("audio", ({ stream }) => stream?.caller.firstMediaAtMs !== undefined, 20),
    Error,
    "audio: did not happen within 20 ms",
  );
  silent.abort();
  await silent.done;
});

test("placeTelephoneCall: a refused URL is not contacted, and the call goes on as if it were unreachable", async () => {
  const seen: string[] = [];
  const { port } = serve(() => {}, seen);
  const refuse = async (url: string): Promise<string | undefined> => (url.startsWith("ws:") ? "a private one" : undefined);
  const options = { webhook: { url: `http://127.0.0.1:${port}/voice` }, authToken: undefined, seed: "refused", allowPlainSocket: true };
  const { streams, problems } = await placeTelephoneCall(options, { clock, random, refuse }).done;
  assertEquals([streams[0]?.end?.by, problems[0]?.what], ["handshake", "unreachable: a private one"]);
  assertEquals(
    seen.map((line) => line.split(" ")[0]),
    ["/voice", "/after"],
  );
});

test("placeTelephoneCall: tamper replaces frames, also with binary ones", async () => {
  const texts: string[] = [];
  const server = serve((_, { event }) => void texts.push(event));
  const webhook = { url: `http://127.0.0.1:${server.port}/voice` };
  const tamper = (frame: string, send: (frame: string | Uint8Array) => void): void => {
    if (frame.includes('"start"')) send(new TextEncoder().encode('{"event":"binary"}'));
    else if (frame.includes('"media"')) for (const _ of [1, 2]) send('{"event":"tampered"}');
    else send(frame);
  };
  const running = placeTelephoneCall({ webhook, authToken: undefined, seed: "tamper", allowPlainSocket: true }, { clock, random, tamper });
  afterAll(() => running.abort());
  await running.until("two frames", ({ stream }) => (stream?.caller.counts.framesSent ?? 0) >= 2, patienceMs);
  running.command({ type: "hangUp", requestsAction: false });
  await running.done;
  assertEquals(texts.slice(0, 4), ["connected", "binary", "tampered", "tampered"]);
});

test("placeTelephoneCall: after stopReading the caller hears nothing and the stream stays open", async () => {
  const server = serve(echo);
  const running = call(server.port, { seed: "not reading" });
  await running.until("something heard", ({ stream }) => (stream?.caller.counts.bytesReceived ?? 0) > 0, patienceMs);
  running.stopReading();
  const { framesSent = 0, bytesReceived } = running.call.stream?.caller.counts ?? {};
  await running.until("ten more frames sent", ({ stream }) => (stream?.caller.counts.framesSent ?? 0) >= framesSent + 10, patienceMs);
  assertEquals([running.call.stream?.phase, running.call.stream?.caller.counts.bytesReceived], ["open", bytesReceived]);
});
