// The encoding of TwiML's bytes.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { isBad } from "../../../src/protocol/bad.ts";
import { decodeTwiml } from "../../../src/protocol/twiml/decode-twiml.ts";

const twiml = (encoding: string): string => `<?xml version="1.0" encoding="${encoding}"?><Response><Say>é</Say></Response>`;
const utf16 = (text: string): Uint8Array => Buffer.concat([Uint8Array.of(0xff, 0xfe), Buffer.from(text, "utf16le")]);

const good: readonly (readonly [what: string, body: Uint8Array, type: string | undefined, encoding: string])[] = [
  ["UTF-8 without any declaration", Buffer.from("<Response>é</Response>"), "text/xml", "utf-8"],
  ["the XML declaration's encoding", Buffer.from(twiml("ISO-8859-1"), "latin1"), "text/xml", "iso-8859-1"],
  [
    "the charset, which overrides the declaration",
    Buffer.from(twiml("UTF-8"), "latin1"),
    'text/xml; charset="windows-1252"',
    "windows-1252",
  ],
  ["the byte order mark, which overrides both", utf16(twiml("UTF-8")), "text/xml; charset=utf-8", "utf-16le"],
  ["no Content-Type", Buffer.from(twiml("UTF-8")), undefined, "utf-8"],
];
for (const [what, body, type, encoding] of good) {
  test(`decodeTwiml: ${what}: ${encoding}`, () => {
    const decoded = decodeTwiml(body, type);
    assertEquals("bad" in decoded ? decoded.bad : [decoded.encoding, decoded.text.includes("é")], [encoding, true]);
  });
}

test("decodeTwiml: UTF-8 that is declared UTF-16 is read as UTF-8, and marked", () => {
  const decoded = decodeTwiml(Buffer.from(twiml("utf-16")), "text/xml");
  assertEquals("bad" in decoded ? decoded.bad : [decoded.encoding, decoded.wronglyDeclared], ["utf-8", "utf-16"]);
});

for (const [what, body, type] of [
  ["Latin-1 without a declaration", Buffer.from("<Response>é</Response>", "latin1"), "text/xml"],
  ["Latin-1 that is declared UTF-8", Buffer.from(twiml("UTF-8"), "latin1"), "text/xml"],
  ["an unknown encoding", Buffer.from(twiml("klingon")), "text/xml"],
] as const) {
  test(`decodeTwiml: ${what} is bad`, () => assertEquals(isBad(decodeTwiml(body, type)), true));
}
