// Tests of src/protocol/websocket/reader.ts.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { encodeClose, encodeFrame, encodeText, type Opcode, type WebSocketFrame } from "../../../src/protocol/websocket/frames.ts";
import { type WebSocketMessage, WebSocketReader } from "../../../src/protocol/websocket/reader.ts";
import { checkProperty } from "../../support/properties.ts";

const maskKey = Uint8Array.of(1, 2, 3, 4);
const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

function read(
  bytes: Uint8Array,
  step = bytes.length || 1,
  from: "client" | "server" = "server",
  maxMessageBytes = 1000,
): WebSocketMessage[] {
  const reader = new WebSocketReader({ from, maxMessageBytes });
  const messages: WebSocketMessage[] = [];
  for (let at = 0; at < bytes.length; at += step) messages.push(...reader.push(bytes.subarray(at, at + step)));
  return messages;
}

const good: readonly [what: string, hex: string, messages: readonly WebSocketMessage[]][] = [
  ["a text", "810548656c6c6f", [{ type: "text", text: "Hello" }]],
  ["an empty text", "8100", [{ type: "text", text: "" }]],
  ["a text in two fragments", "010348656c80026c6f", [{ type: "text", text: "Hello" }]],
  ["a character cut by fragments", "0101c38001a9", [{ type: "text", text: "é" }]],
  ["a byte order mark, kept", "8103efbbbf", [{ type: "text", text: "\ufeff" }]],
  ["bytes", "820200ff", [{ type: "binary", bytes: fromHex("00ff") }]],
  ["a pong", "8a00", [{ type: "pong", payload: fromHex("") }]],
  ["a close with code and reason", "880503e8627965", [{ type: "close", code: 1000, reason: "bye" }]],
  ["a close with nothing", "8800", [{ type: "close", code: undefined, reason: "" }]],
  ["nothing after a close", "88008100", [{ type: "close", code: undefined, reason: "" }]],
];
for (const [what, hex, messages] of good) test(`WebSocketReader: reads ${what}`, () => assertEquals(read(fromHex(hex)), [...messages]));

test("WebSocketReader: control frames may come between the fragments of a message", () => {
  assertEquals(read(fromHex("010348656c89014180026c6f")), [
    { type: "ping", payload: fromHex("41") },
    { type: "text", text: "Hello" },
  ]);
});

test("WebSocketReader: a client's frames are unmasked", () => {
  assertEquals(read(encodeText("Hello", maskKey), 3, "client"), [{ type: "text", text: "Hello" }]);
});

const close = (code: number): string => `8802${code.toString(16).padStart(4, "0")}`;
const bad: readonly (readonly [what: string, hex: string, section: string, closeCode: number])[] = [
  ["a reserved bit: compression was not offered", "c10548656c6c6f", "5.2", 1002],
  ["the last reserved bit", "9100", "5.2", 1002],
  ["opcode 3", "8300", "5.2", 1002],
  ["opcode 11", "8b00", "5.2", 1002],
  ["a masked frame from a server", "818537fa213d7f9f4d5158", "5.1", 1002],
  ["a length that could be shorter", "817e007d", "5.2", 1002],
  ["a long length that could be shorter", "817f000000000000ffff", "5.2", 1002],
  ["a length with its highest bit", "827f8000000000000000", "5.2", 1002],
  ["a fragmented ping", "0900", "5.5", 1002],
  ["a ping of 126 bytes", "897e007e", "5.5", 1002],
  ["a continuation of nothing", "8000", "5.4", 1002],
  ["a continuation after the message's end", "81008000", "5.4", 1002],
  ["a text inside a fragmented text", "01008100", "5.4", 1002],
  ["a message over the limit, from its head alone", "827e03e9", "7.4.1", 1009],
  ["fragments over the limit together", `027e03e8${"00".repeat(1000)}800100`, "7.4.1", 1009],
  ["a text that is not UTF-8", "8102c328", "8.1", 1007],
  ["a text that ends within a character", "8101c3", "8.1", 1007],
  ["a text with half a surrogate pair", "8103eda080", "8.1", 1007],
  ["a close code of one byte", "880103", "5.5.1", 1002],
  ["a close reason that is not UTF-8", "880403e8c328", "5.5.1", 1007],
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map((code) => [`close code ${code}`, close(code), "7.4", 1002] as const),
];
const violations: readonly (readonly [what: string, bytes: Uint8Array, violation: string, shows: string])[] = [
  ["an HTTP answer", Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "http", '"HTTP/1.1 200 OK"'],
  [
    "an HTTP answer after a frame",
    Buffer.concat([encodeText("a", undefined), Buffer.from("HTTP/1.0 500 X\r\n")]),
    "http",
    '"HTTP/1.0 500 X"',
  ],
  ["an HTTP answer before a close", Buffer.concat([Buffer.from("HTTP/1.1 200 OK\r\n\r\n"), fromHex("8800")]), "http", '"HTTP/1.1 200 OK"'],
  ["the last chunk of an HTTP body", Buffer.from("0\r\n\r\n"), "text", '"0"'],
  ["a page", Buffer.from("<html>"), "text", '"<html>"'],
  ["JSON", Buffer.from('{"event":"media"}'), "text", "event"],
  ["a compressed text", fromHex("c10548656c6c6f"), "compressed", "reserved bit"],
  ["the first fragment of a compressed message", fromHex("420548656c6c6f"), "compressed", "reserved bit"],
  ["a compressed ping", fromHex("c900"), "frame", "reserved bit"],
  ["another reserved bit", fromHex("a100"), "frame", "reserved bit"],
  ["a long message", fromHex("827e03e9"), "length", "at most 1000"],
];
for (const [what, bytes, violation, shows] of violations) {
  test(`WebSocketReader: the violation of ${what} is ${violation}`, () => {
    const last = read(bytes).at(-1);
    assert(last?.type === "broken");
    assertEquals([last.violation, last.bad.includes(shows)], [violation, true]);
  });
}

test("WebSocketReader: counts frames, fragments and pings included", () => {
  const reader = new WebSocketReader({ from: "server", maxMessageBytes: 1_000 });
  reader.push(fromHex("010348656c89014180026c6f8100"));
  assertEquals(reader.frames, 4);
});

for (const [what, hex, section, closeCode] of bad) {
  test(`WebSocketReader: rejects ${what}, and reads no further`, () => {
    const last = read(fromHex(`${hex}8100`)).at(-1);
    assert(last?.type === "broken");
    assertEquals([/section ([\d.]+)\)$/.exec(last.bad)?.[1], last.closeCode], [section, closeCode]);
  });
}

for (const code of [1000, 1001, 1002, 1003, 1007, 1011, 1012, 1014, 3000, 4000, 4999]) {
  test(`WebSocketReader: accepts close code ${code}`, () =>
    assertEquals(read(fromHex(close(code))), [{ type: "close", code, reason: "" }]));
}

test("WebSocketReader: rejects an unmasked frame from a client", () => {
  assertEquals(
    read(fromHex("8100"), 1, "client").map(({ type }) => type),
    ["broken"],
  );
});

test("WebSocketReader: any number of empty fragments takes no memory", () => {
  const fragment = encodeFrame({ opcode: "continuation", payload: new Uint8Array(0), fin: false }, undefined);
  const reader = new WebSocketReader({ from: "server", maxMessageBytes: 10 });
  reader.push(fromHex("0100"));
  for (let at = 0; at < 10_000; at++) assertEquals(reader.push(fragment), []);
  assertEquals(reader.push(fromHex("800141")), [{ type: "text", text: "A" }]);
});

for (const [what, bytes, violation] of [
  ["tabs and blanks that look like a ping's fragment", "\t\t  \0\0\0", "text"],
  ["text", "hello caller", "text"],
  ["an HTTP response", "HTTP/1.1 200 OK", "http"],
  ["three characters and a zero byte", "hey\0\0", "frame"],
] as const) {
  test(`WebSocketReader: ${what} is the same violation when it arrives byte by byte`, () => {
    for (const step of [1, 2, 3, 100]) {
      const last = read(Buffer.from(bytes), step).at(-1);
      assertEquals(last?.type === "broken" && last.violation, violation, `step ${step}`);
    }
  });
}

test("WebSocketReader: gives the same messages however the bytes are cut, and never throws", () => {
  const frame = fc.record({
    opcode: fc.constantFrom<Opcode>("text", "binary", "continuation", "ping", "pong", "close"),
    payload: fc.uint8Array({ maxLength: 140 }),
    fin: fc.boolean(),
  });
  const framed = fc
    .array(frame, { maxLength: 6 })
    .map((frames: WebSocketFrame[]) => Uint8Array.from(frames.flatMap((each) => [...encodeFrame(each, undefined)])));
  const printable = fc.string({ maxLength: 100 }).map((text) => new TextEncoder().encode(text));
  // Few different bytes: the violations meet more often.
  const similar = fc.uint8Array({ min: 7, max: 10, maxLength: 12 });
  // How much text is quoted depends on what has arrived.
  const unquoted = (messages: readonly WebSocketMessage[]) =>
    messages.map((each) => (each.type === "broken" ? { ...each, bad: each.bad.replace(/: ".*" \(RFC/, " (RFC") } : each));
  checkProperty(
    fc.property(fc.oneof(framed, printable, similar, fc.uint8Array({ maxLength: 300 })), fc.integer({ min: 1, max: 150 }), (bytes, step) =>
      assertEquals(unquoted(read(bytes, step)), unquoted(read(bytes))),
    ),
    { numRuns: 500, failedSeeds: [1689326221] },
  );
});

test("WebSocketReader: reads what was written, in fragments of any size", () => {
  const sides = fc.constantFrom("client" as const, "server" as const);
  checkProperty(
    fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), fc.integer({ min: 1, max: 300 }), sides, (text, size, from) => {
      const payload = new TextEncoder().encode(text);
      const key = from === "client" ? maskKey : undefined;
      const frames: Uint8Array[] = [];
      for (let at = 0; at === 0 || at < payload.length; at += size) {
        const fin = at + size >= payload.length;
        frames.push(encodeFrame({ opcode: at === 0 ? "text" : "continuation", payload: payload.subarray(at, at + size), fin }, key));
      }
      const bytes = Uint8Array.from([...frames, encodeClose(1000, "", key)].flatMap((each) => [...each]));
      assertEquals(read(bytes, 7, from, 10_000), [
        { type: "text", text },
        { type: "close", code: 1000, reason: "" },
      ]);
    }),
  );
});
