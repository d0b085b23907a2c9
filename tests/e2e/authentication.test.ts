// Attempts to get past authentication over real sockets, which a fake connection cannot show.

import { afterAll, beforeAll, test } from "bun:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { signRequest } from "../../src/protocol/signature.ts";
import { MAX_BODY_BYTES } from "../../src/server/http/body.ts";
import { MAX_MESSAGE_BYTES } from "../../src/server/stream/open-stream.ts";
import { callSidOf, startText, tokenIn, voiceForm } from "../server/fakes.ts";
import { AUTH_TOKEN, rawConnection, type ServerUnderTest, startServer, upgradeRequest } from "./server-under-test.ts";

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

/** Opens a stream, sends the messages, and resolves with how the server closed it. */
function closeOf(port: number, ...messages: readonly (string | Uint8Array<ArrayBuffer>)[]): Promise<{ code: number; reason: string }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/twilio/realtime`);
  socket.onopen = () => {
    for (const message of messages) socket.send(message);
  };
  return new Promise((resolve) => {
    socket.onclose = ({ code, reason }) => resolve({ code, reason });
  });
}

test("openStream: a stream without a token, or with an invalid one, is closed with 1008", async () => {
  assertEquals(await closeOf(server.voice.port, startText(1, undefined)), { code: 1008, reason: "no token" });
  assertEquals((await closeOf(server.voice.port, startText(1, "x"))).reason, "the token was not made for this call");
});

test("openStream: a token opens one stream only", async () => {
  const token = await tokenIn(await server.post("/twilio/voice", voiceForm(2)));
  const first = new WebSocket(`ws://127.0.0.1:${server.voice.port}/twilio/realtime`);
  first.onopen = () => first.send(startText(2, token));
  await server.line("stream.started");
  assertEquals(await closeOf(server.voice.port, startText(2, token)), { code: 1008, reason: "the token was already used" });
  assertEquals(server.voice.calls.find(callSidOf(2))?.hasStream, true);
  first.close();
});

test("openStream: frames over the limit before start, or over the server's, end that socket only", async () => {
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
  test(`openStream: offered ${offered ?? "no subprotocol"}, the server selects ${chosen ?? "none"}`, async () => {
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

test("openStream: a request that is not a handshake gets 426 with an explanation", async () => {
  const response = await fetch(`${server.origin}/twilio/realtime`);
  assertEquals(response.status, 426);
  assertMatch(await response.text(), /Media Streams/);
});

test("answerVoice: TwiML is sent with one Content-Length, not in chunks", async () => {
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

for (const [what, header] of [
  ["a foreign Host", "Host: evil.example"],
  ["two Hosts", "Host: 127.0.0.1\r\nHost: evil.example"],
  ["the Origin of another site", "Host: 127.0.0.1\r\nOrigin: https://evil.example"],
  ["headers of a tunnel", "Host: 127.0.0.1\r\nX-Forwarded-For: 203.0.113.5"],
  ["headers of a proxy", "Host: 127.0.0.1\r\nVia: 1.1 cache"],
] as const) {
  test(`nonLocalReason: without an auth token, a request with ${what} gets no TwiML`, async () => {
    const body = new URLSearchParams(voiceForm(4)).toString();
    const head = `POST /twilio/voice HTTP/1.1\r\n${header}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`;
    const answer = await rawConnection(unsigned.voice.port, head + body).closed;
    assertMatch(answer, /^HTTP\/1\.1 40[03] /);
    assert(!answer.includes("<Stream"));
    assertEquals(unsigned.voice.calls.find(callSidOf(4)), undefined);
  });
}

test("readBody: a body over the limit gets 413, with a length or in chunks", async () => {
  const { port } = server.voice;
  const body = "a".repeat(MAX_BODY_BYTES + 1);
  const headers = { "x-twilio-signature": "A".repeat(27).concat("=") };
  assertEquals((await fetch(`${server.origin}/twilio/voice`, { method: "POST", headers, body })).status, 413);
  const signature = `X-Twilio-Signature: ${headers["x-twilio-signature"]}`;
  const head = ["POST /twilio/voice HTTP/1.1", `Host: 127.0.0.1:${port}`, signature, "Transfer-Encoding: chunked", "", ""].join("\r\n");
  const chunk = `${body.length.toString(16)}\r\n${body}\r\n`;
  const { socket, until } = rawConnection(port, `${head}${chunk}0\r\n\r\n`);
  assertMatch(await until("\r\n\r\n"), /^HTTP\/1\.1 413 /);
  socket.destroy();
});

test("authenticateWebhook: an unsigned request is refused before its body arrives, and the connection is closed", async () => {
  const { port } = server.voice;
  const head = ["POST /twilio/voice HTTP/1.1", `Host: 127.0.0.1:${port}`, "Content-Length: 5", "", ""].join("\r\n");
  const { socket, until } = rawConnection(port, head);
  const isClosed = new Promise((resolve) => socket.once("close", resolve));
  assertMatch(await until("\r\n\r\n"), /^HTTP\/1\.1 403 [\s\S]*\r\nconnection: close\r\n/i);
  await isClosed;
});

for (const [what, city] of [
  ["an apostrophe and a blank", "COEUR+D'ALENE"],
  ["quotes and angle brackets", `a+"b"+<c>%20'd'`],
  ["an apostrophe and an encoded letter", "L'%C3%8ELE+X"],
] as const) {
  test(`checkWebhook: a GET whose query is sent and signed with ${what} is accepted`, async () => {
    const { port } = server.voice;
    const target = `/twilio/voice?${new URLSearchParams(voiceForm(6))}&FromCity=${city}`;
    const signature = signRequest(AUTH_TOKEN, `http://127.0.0.1:${port}${target}`, {});
    const head = [`GET ${target} HTTP/1.1`, `Host: 127.0.0.1:${port}`, `X-Twilio-Signature: ${signature}`, "", ""];
    const { socket, until } = rawConnection(port, head.join("\r\n"));
    assertStringIncludes(await until("</Response>"), "<Stream");
    socket.destroy();
  });
}

test("openStream: unfinished handshakes and half frames do not block other streams", async () => {
  const { port } = server.voice;
  const unfinished = Array.from({ length: 20 }, () => rawConnection(port, "GET /twilio/realtime HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: "));
  const halves = Array.from({ length: 20 }, () => rawConnection(port, upgradeRequest(port)));
  for (const { socket, until } of halves) {
    await until("\r\n\r\n");
    socket.write(new Uint8Array([0x81, 0xfe, 0x10])); // the first three bytes of a text frame of 4 KiB
  }
  const token = await tokenIn(await server.post("/twilio/voice", voiceForm(5)));
  const regular = new WebSocket(`ws://127.0.0.1:${port}/twilio/realtime`);
  regular.onopen = () => regular.send(startText(5, token));
  await new Promise<void>((resolve) => {
    const look = (): void => (server.voice.calls.find(callSidOf(5))?.hasStream ? resolve() : void setImmediate(look));
    look();
  });
  regular.close();
  for (const { socket } of [...unfinished, ...halves]) socket.destroy();
});
