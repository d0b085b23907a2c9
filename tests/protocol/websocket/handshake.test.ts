// Tests of src/protocol/websocket/handshake.ts.

import { test } from "bun:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseHead } from "../../../src/protocol/http/message.ts";
import { acceptKey, checkHandshakeResponse, formatHandshakeRequest } from "../../../src/protocol/websocket/handshake.ts";

// The key and accept of RFC 6455 section 1.3.
const key = "dGhlIHNhbXBsZSBub25jZQ==";
const accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

test("acceptKey: the RFC's example", () => assertEquals(acceptKey(key), accept));

test("formatHandshakeRequest: the five fields of the handshake in Twilio's order, then the others as given", () => {
  const fields = [
    ["User-Agent", "Twilio.TmeWs/1.0"],
    ["x-twilio-signature", "abc="],
  ] as const;
  assertEquals(
    formatHandshakeRequest({ path: "/twilio/realtime", host: "h.example", key, fields }),
    `GET /twilio/realtime HTTP/1.1\r\nHost: h.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\nUser-Agent: Twilio.TmeWs/1.0\r\nx-twilio-signature: abc=\r\n\r\n`,
  );
});

test("formatHandshakeRequest: throws a BUG on a line break in a part", () => {
  assertThrows(
    () => formatHandshakeRequest({ path: "/", host: "a\r\nX: y", key, fields: [] }),
    Error,
    "BUG: line break in the handshake's Host",
  );
  assertThrows(() => formatHandshakeRequest({ path: "/", host: "a", key, fields: [["X", "\n"]] }), Error, "BUG:");
});

const good = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}`;
const answers: readonly [what: string, head: string, offered: string | undefined, bad: string | undefined][] = [
  ["a valid response", good, undefined, undefined],
  ["other case, and a list", good.replace("websocket", "WebSocket").replace("n: Upgrade", "n: keep-alive, upgrade"), undefined, undefined],
  ["no subprotocol, though some were offered", good, "a, b", undefined],
  ["an offered subprotocol", `${good}\r\nSec-WebSocket-Protocol: b`, "a, b", undefined],
  [
    "a subprotocol, though none was offered",
    `${good}\r\nSec-WebSocket-Protocol: audio.twilio.com`,
    undefined,
    "Sec-WebSocket-Protocol: expected none, got another",
  ],
  [
    "a subprotocol that was not offered",
    `${good}\r\nSec-WebSocket-Protocol: B`,
    "a, b",
    "Sec-WebSocket-Protocol: expected one of a, b, or none, got another",
  ],
  [
    "two subprotocols",
    `${good}\r\nSec-WebSocket-Protocol: a, b`,
    "a, b",
    "Sec-WebSocket-Protocol: expected one of a, b, or none, got another",
  ],
  ["another status", "HTTP/1.1 403 Forbidden", undefined, "status: expected 101, got 403"],
  ["HTTP/1.0", good.replace("1.1", "1.0"), undefined, "version: expected HTTP/1.1, got HTTP/1.0"],
  ["no Upgrade", good.replace("Upgrade: w", "X: w"), undefined, "Upgrade: expected websocket"],
  ["no Connection", good.replace("Connection", "X"), undefined, "Connection: expected Upgrade"],
  ["Connection: close", good.replace("n: Upgrade", "n: close"), undefined, "Connection: expected Upgrade"],
  ["no accept", good.replace("Accept", "X"), undefined, "Sec-WebSocket-Accept: expected the one for the key, got none"],
  ["another accept", good.replace("s3p", "S3p"), undefined, "Sec-WebSocket-Accept: expected the one for the key, got another"],
  [
    "an extension",
    `${good}\r\nSec-WebSocket-Extensions: permessage-deflate`,
    undefined,
    "Sec-WebSocket-Extensions: expected none, since none was offered",
  ],
];
for (const [what, text, offered, bad] of answers) {
  test(`checkHandshakeResponse: ${what}`, () => {
    const head = parseHead(text);
    assert(!("bad" in head));
    assertEquals(checkHandshakeResponse(head, key, offered), bad === undefined ? undefined : { bad: `${bad} (RFC 6455 section 4.1)` });
  });
}
