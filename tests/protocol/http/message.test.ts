// Tests of src/protocol/http/message.ts and chunked.ts.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { fieldValue, HttpResponseReader, MAX_HEAD_BYTES, parseHead } from "../../../src/protocol/http/message.ts";
import { checkProperty } from "../../support/properties.ts";

const bytesOf = (text: string): Uint8Array => Buffer.from(text, "latin1");
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/** Reads a response in one piece or in many; `end`: the connection closes after it. */
function read(text: string, { step = text.length, end = false, maxBodyBytes = 100 } = {}): unknown {
  const reader = new HttpResponseReader(maxBodyBytes);
  let result: ReturnType<HttpResponseReader["push"]>;
  for (let at = 0; at < text.length && result === undefined; at += step) {
    const piece = bytesOf(text.slice(at, at + step));
    result = reader.push(piece);
    if (result !== undefined && "rest" in result) result = { ...result, rest: bytesOf(textOf(result.rest) + text.slice(at + step)) };
  }
  const last = result ?? (end ? reader.end() : undefined);
  if (last === undefined || "bad" in last) return last;
  return { status: last.head.status, body: textOf(last.body), rest: textOf(last.rest) };
}

test("parseHead: keeps names, case and order, and reads empty and long reasons", () => {
  assertEquals<unknown>(parseHead("HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nX-A:1\r\nx-a: \t2 \r\nEmpty:"), {
    version: "1.1",
    status: 101,
    reason: "Switching Protocols",
    fields: [
      ["upgrade", "WebSocket"],
      ["X-A", "1"],
      ["x-a", "2"],
      ["Empty", ""],
    ],
  });
  assertEquals<unknown>(parseHead("HTTP/1.0 204"), { version: "1.0", status: 204, reason: "", fields: [] });
});

test("fieldValue: ignores case and joins repeated fields", () => {
  const fields = [
    ["X-A", "1"],
    ["B", "2"],
    ["x-a", "3"],
  ] as const;
  assertEquals([fieldValue(fields, "x-A"), fieldValue(fields, "b"), fieldValue(fields, "c")], ["1, 3", "2", undefined]);
});

for (const head of [
  "",
  "HTTP/2 200 OK",
  "HTTP/1.1 2000 OK",
  "HTTP/1.1 099 A",
  "SIP/2.0 200 OK",
  "HTTP/1.1 200 OK\r\nno colon",
  "HTTP/1.1 200 OK\r\n folded: a",
  "HTTP/1.1 200 OK\r\nA : b",
  "HTTP/1.1 200 OK\r\nA: b\nC: d",
  "HTTP/1.1 200 OK\r\nA: b\0",
]) {
  test(`parseHead: rejects ${JSON.stringify(head)}`, () => assert("bad" in parseHead(head)));
}

const chunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const responses: readonly [what: string, text: string, result: unknown][] = [
  ["a body with a length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiNEXT", { status: 200, body: "hi", rest: "NEXT" }],
  ["the same length twice", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi", { status: 200, body: "hi", rest: "" }],
  ["a body that ends with the connection", "HTTP/1.1 200 OK\r\n\r\nuntil the end", { status: 200, body: "until the end", rest: "" }],
  ["no body with 204", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nNEXT", { status: 204, body: "", rest: "NEXT" }],
  ["frames after a 101", "HTTP/1.1 101 S\r\nUpgrade: websocket\r\n\r\n\x81\x00", { status: 101, body: "", rest: "\x81\x00" }],
  [
    "interim responses first",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 E\r\nLink: a\r\n\r\nHTTP/1.1 404 N\r\nContent-Length: 0\r\n\r\n",
    { status: 404, body: "", rest: "" },
  ],
  [
    "chunks",
    `${chunkedHead}5\r\nhello\r\n6;a=b\r\n\r\nthe\r\r\n0\r\nTrailer: x\r\n\r\nNEXT`,
    { status: 200, body: "hello\r\nthe\r", rest: "NEXT" },
  ],
  [
    "chunk sizes in capitals",
    `${chunkedHead.replace("chunked", "Chunked")}A \r\n0123456789\r\n00\r\n\r\n`,
    { status: 200, body: "0123456789", rest: "" },
  ],
  ["a head cut off", "HTTP/1.1 200 OK\r\nA: b\r\n", { bad: "response: expected a head, got 23 bytes and the end (RFC 9112 section 8)" }],
  [
    "a body cut off",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi",
    { bad: "body: expected all of it, got its beginning (RFC 9112 section 8)" },
  ],
  ["chunks cut off", `${chunkedHead}5\r\nhello\r\n0\r\n`, { bad: "body: expected all of it, got its beginning (RFC 9112 section 8)" }],
  [
    "two lengths",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!",
    { bad: "Content-Length: expected a decimal number (RFC 9112 section 6.2)" },
  ],
  [
    "a negative length",
    "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n",
    { bad: "Content-Length: expected a decimal number (RFC 9112 section 6.2)" },
  ],
  [
    "length and chunks",
    `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${chunkedHead.slice(17)}`,
    { bad: "header: expected Transfer-Encoding or Content-Length, got both (RFC 9112 section 6.3)" },
  ],
  [
    "an unknown coding",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
    { bad: "Transfer-Encoding: expected chunked, got another (RFC 9112 section 6.1)" },
  ],
  ["a body over the limit", `HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n`, { bad: "body: expected at most 100 bytes, got more" }],
  ["chunks over the limit", `${chunkedHead}64\r\n${"a".repeat(100)}\r\n1\r\nb\r\n`, { bad: "body: expected at most 100 bytes, got more" }],
  ["a chunk without a size", `${chunkedHead}xyz\r\n`, { bad: "chunk: expected its size in hexadecimal digits (RFC 9112 section 7.1)" }],
  [
    "a chunk that is longer than its size",
    `${chunkedHead}2\r\nhello\r\n0\r\n\r\n`,
    { bad: "chunk: expected CR LF after its data (RFC 9112 section 7.1)" },
  ],
  [
    "a chunk's line without CR",
    `${chunkedHead}2\nhi\r\n`,
    { bad: "chunk: expected CR LF at the end of a line, got LF (RFC 9112 section 7.1)" },
  ],
  ["an endless chunk line", `${chunkedHead}${"1;".repeat(2100)}`, { bad: "chunk: expected lines of at most 4096 bytes, got a longer one" }],
  [
    "an endless trailer",
    `${chunkedHead}0\r\n${`A: ${"b".repeat(1000)}\r\n`.repeat(5)}`,
    { bad: "chunk: expected lines of at most 4096 bytes, got a longer one" },
  ],
  [
    "an endless head",
    `HTTP/1.1 200 OK\r\nA: ${"a".repeat(MAX_HEAD_BYTES)}`,
    { bad: `head: expected at most ${MAX_HEAD_BYTES} bytes, got more` },
  ],
  [
    "another protocol",
    "SSH-2.0-OpenSSH_9.6\r\n\r\n",
    { bad: 'status line: expected one like "HTTP/1.1 200 OK", got 19 other characters (RFC 9112 section 4)' },
  ],
];
for (const [what, text, result] of responses) {
  test(`HttpResponseReader: ${what}`, () => assertEquals(read(text, { end: true }), result));
  if (text.length < 1000) test(`HttpResponseReader: ${what}, byte by byte`, () => assertEquals(read(text, { end: true, step: 1 }), result));
}

test("HttpResponseReader: a body without length is bounded too, and its head is known before its end", () => {
  const reader = new HttpResponseReader(4);
  assertEquals(reader.push(bytesOf("HTTP/1.1 200 OK\r\n\r\nabcd")), undefined);
  assertEquals(reader.head?.status, 200);
  const bad = { bad: "body: expected at most 4 bytes, got more" };
  assertEquals<unknown>([reader.push(bytesOf("e")), reader.push(bytesOf("f")), reader.end()], [bad, bad, bad]);
});

test("HttpResponseReader: interim responses count towards the head, so that they cannot go on without end", () => {
  const reader = new HttpResponseReader(100);
  const interim = bytesOf(`HTTP/1.1 103 Early Hints\r\nLink: ${"a".repeat(1_000)}\r\n\r\n`);
  let pushed = 0;
  while (reader.push(interim) === undefined) pushed += interim.length;
  assert(pushed > MAX_HEAD_BYTES - 2 * interim.length && pushed <= MAX_HEAD_BYTES, `${pushed}`);
  assertEquals<unknown>(reader.push(bytesOf("x")), { bad: `head: expected at most ${MAX_HEAD_BYTES} bytes, got more` });
});

test("HttpResponseReader: reads the same however a response is cut, and never throws", () => {
  const piece = fc.constantFrom(
    "HTTP/1.1 200 OK\r\n",
    "Content-Length: 3\r\n",
    "Transfer-Encoding: chunked\r\n",
    "\r\n",
    "3\r\nabc\r\n",
    "0\r\n\r\n",
    "abc",
    "HTTP/1.1 100 C\r\n\r\n",
    "\n",
    "\0",
  );
  const texts = fc.array(piece, { maxLength: 8 }).map((pieces) => `HTTP/1.1 200 OK\r\n${pieces.join("")}`);
  checkProperty(
    fc.property(texts, fc.integer({ min: 1, max: 9 }), (text, step) =>
      assertEquals(read(text, { end: true, step }), read(text, { end: true })),
    ),
    { numRuns: 500 },
  );
});
