// Tries to get in over real sockets: what a fake connection cannot show.

import { afterAll, beforeAll, test } from "bun:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { MAX_BODY_BYTES } from "../../src/server/http/body.ts";
import { MAX_MESSAGE_BYTES } from "../../src/server/stream/open-stream.ts";
import { callSidOf, startText, tokenIn, voiceForm } from "../server/fakes.ts";
import { rawConnection, type ServerUnderTest, startServer, upgradeRequest } from "./server-under-test.ts";

let server: ServerUnderTest;
let unsigned: ServerUnderTest;
beforeAll(() => {
  server = startServer();
  unsigned = startServer({ settings: { twilioAuthToken: undefined } });
});
afterAll(async () => {
  await server.stop();
  await unsigned.stop();
});

/** Opens a stream, sends what is given, and tells how the server closed it. */
function closeOf(port: number, ...messages: readonly (string | Uint8Array<ArrayBuffer>)[]): Promise<{ code: number; reason: string }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/twilio/realtime`);
  socket.onopen = () => {
    for (const message of messages) socket.send(message);
  };
  return new Promise((resolve) => {
    socket.onclose = ({ code, reason }) => resolve({ code, reason });
  });
}

test("openStream: a stream without a token, or with a stranger's, is closed with 1008", async () => {
  assertEquals(await closeOf(server.voice.port, startText(1, undefined)), { code: 1008, reason: "no token" });
  assertEquals((await closeOf(server.voice.port, startText(1, "x"))).reason, "the token was not made for this call");
});

test("openStream: a token opens one stream and no second", async () => {
  const token = await tokenIn(await server.post("/twilio/voice", voiceForm(2)));
  const first = new WebSocket(`ws://127.0.0.1:${server.voice.port}/twilio/realtime`);
  first.onopen = () => first.send(startText(2, token));
  await server.line("stream.started");
  assertEquals(await closeOf(server.voice.port, startText(2, token)), { code: 1008, reason: "the token was used before" });
  assertEquals(server.voice.calls.find(callSidOf(2))?.live, true);
  first.close();
});

test("openStream: frames over the waiting room's limit, and over the server's, end that socket alone", async () => {
  assertEquals((await closeOf(server.voice.port, "x".repeat(9_000))).reason, "too many bytes before start");
  assertEquals((await closeOf(server.voice.port, new Uint8Array(9_000))).reason, "too many bytes before start");
  const { code } = await closeOf(server.voice.port, "x".repeat(MAX_MESSAGE_BYTES + 1));
  assert(code === 1009 || code === 1006, `${code}`);
  assertEquals((await fetch(`${server.origin}/healthz`)).status, 200);
});

for (const [offered, chosen] of [
  [undefined, undefined],
  ["audio.twilio.com", "audio.twilio.com"],
  ["chat, audio.twilio.com", "audio.twilio.com"],
  ["chat, superchat", "chat"],
] as const) {
  test(`openStream: to ${offered ?? "no"} sub-protocol the wire answers ${chosen ?? "none"}`, async () => {
    const { port } = server.voice;
    const headers = offered === undefined ? [] : [`Sec-WebSocket-Protocol: ${offered}`];
    const { socket, until } = rawConnection(port, upgradeRequest(port, ...headers));
    const answer = await until("\r\n\r\n");
    assertStringIncludes(answer, "HTTP/1.1 101");
    assertEquals(/^sec-websocket-protocol: (.*)\r$/im.exec(answer)?.[1], chosen);
    assert(!/sec-websocket-extensions/i.test(answer));
    socket.destroy();
  });
}

test("openStream: what is no handshake is 426 in plain words", async () => {
  const response = await fetch(`${server.origin}/twilio/realtime`);
  assertEquals(response.status, 426);
  assertMatch(await response.text(), /Media Streams/);
});

test("answerVoice: on the wire, TwiML has one Content-Length and no chunks", async () => {
  const { port } = unsigned.voice;
  const body = new URLSearchParams(voiceForm(3)).toString();
  const head = ["POST /twilio/voice HTTP/1.1", `Host: 127.0.0.1:${port}`, `Content-Length: ${body.length}`, "Connection: close"];
  const { until } = rawConnection(port, [...head, "Content-Type: application/x-www-form-urlencoded", "", body].join("\r\n"));
  const answer = await until("</Response>");
  assertEquals(answer.match(/^content-length:/gim)?.length, 1);
  assert(!/transfer-encoding/i.test(answer));
  assertMatch(answer, /^content-type: text\/xml/im);
  assertStringIncludes(answer, `url="ws://127.0.0.1:${port}/twilio/realtime"`);
});

for (const [who, header] of [
  ["a Host that is another's", "Host: evil.example"],
  ["two Hosts", "Host: 127.0.0.1\r\nHost: evil.example"],
  ["a page of another site", "Host: 127.0.0.1\r\nOrigin: https://evil.example"],
  ["a tunnel", "Host: 127.0.0.1\r\nX-Forwarded-For: 203.0.113.5"],
  ["a proxy", "Host: 127.0.0.1\r\nVia: 1.1 cache"],
] as const) {
  test(`notLocal: with no auth token, ${who} gets no TwiML over the wire`, async () => {
    const body = new URLSearchParams(voiceForm(4)).toString();
    const head = `POST /twilio/voice HTTP/1.1\r\n${header}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`;
    const answer = await rawConnection(unsigned.voice.port, head + body).closed;
    assertMatch(answer, /^HTTP\/1\.1 40[03] /);
    assert(!answer.includes("<Stream"));
    assertEquals(unsigned.voice.calls.find(callSidOf(4)), undefined);
  });
}

test("readBody: a body over 64 KiB is refused, with a length and in chunks", async () => {
  const { port } = server.voice;
  const body = "a".repeat(MAX_BODY_BYTES + 1);
  assertEquals((await fetch(`${server.origin}/twilio/voice`, { method: "POST", body })).status, 413);
  const head = ["POST /twilio/voice HTTP/1.1", `Host: 127.0.0.1:${port}`, "Transfer-Encoding: chunked", "", ""].join("\r\n");
  const chunk = `${body.length.toString(16)}\r\n${body}\r\n`;
  const { socket, until } = rawConnection(port, `${head}${chunk}0\r\n\r\n`);
  assertMatch(await until("\r\n\r\n"), /^HTTP\/1\.1 413 /);
  socket.destroy();
});

test("openStream: handshakes that never end, and half frames, keep nobody else out", async () => {
  const { port } = server.voice;
  const trickles = Array.from({ length: 20 }, () => rawConnection(port, "GET /twilio/realtime HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: "));
  const halves = Array.from({ length: 20 }, () => rawConnection(port, upgradeRequest(port)));
  for (const { socket, until } of halves) {
    await until("\r\n\r\n");
    socket.write(new Uint8Array([0x81, 0xfe, 0x10])); // a text frame's first three bytes: 4 KiB are announced
  }
  const token = await tokenIn(await server.post("/twilio/voice", voiceForm(5)));
  const honest = new WebSocket(`ws://127.0.0.1:${port}/twilio/realtime`);
  honest.onopen = () => honest.send(startText(5, token));
  await new Promise<void>((resolve) => {
    const look = (): void => (server.voice.calls.find(callSidOf(5))?.live ? resolve() : void setImmediate(look));
    look();
  });
  honest.close();
  for (const { socket } of [...trickles, ...halves]) socket.destroy();
});
