// What the body of a webhook's answer is when it is not TwiML.

import { test } from "bun:test";
import { gzipSync } from "node:zlib";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { CauseCode } from "../../../src/doctor/causes/causes.ts";
import { findBodyFault } from "../../../src/doctor/evidence/answer-body.ts";
import type { HttpFields } from "../../../src/protocol/http/message.ts";
import { goodTwiml } from "../../selftest/checks/made.ts";

const find = (body: string | Uint8Array, headers: HttpFields = []) =>
  findBodyFault({ status: 200, headers, body: typeof body === "string" ? new TextEncoder().encode(body) : body });

const connectTo = (url: string): string => `<Response><Connect><Stream url="${url}"/></Connect></Response>`;
const escaped = goodTwiml.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const base64 = Buffer.from(goodTwiml).toString("base64");
const declared = `<?xml version="1.0" encoding="UTF-8"?>${goodTwiml}`;
const bare = "<Response><Hangup/></Response>";

const bodies: readonly (readonly [
  what: string,
  body: string | Uint8Array,
  cause: CauseCode | undefined,
  says: string,
  headers?: HttpFields,
])[] = [
  ["gzip", gzipSync(goodTwiml), "webhook-compressed", "gzip"],
  ["brotli, by its header", Uint8Array.of(0x0b, 0x02, 0x80, 0xff), "webhook-compressed", "br", [["Content-Encoding", "br"]]],
  ["zstd", Uint8Array.fromHex("28b52ffd0400"), "webhook-compressed", "zstd"],
  ["base64", base64, "twiml-encoded-again", "base64"],
  ["base64 in lines", base64.replace(/.{76}/g, "$&\r\n"), "twiml-encoded-again", "base64"],
  ["a JSON string", JSON.stringify(goodTwiml), "twiml-encoded-again", "JSON string"],
  ["a JSON object with TwiML", JSON.stringify({ statusCode: 200, body: goodTwiml }), "twiml-encoded-again", "JSON object"],
  ["a JSON object with TwiML two levels down", JSON.stringify({ data: { twiml: bare } }), "twiml-encoded-again", "JSON object"],
  ["escaped TwiML", escaped, "twiml-encoded-again", "entity-escaped"],
  ["twice escaped TwiML", escaped.replaceAll("&", "&amp;"), "twiml-encoded-again", "entity-escaped"],
  ["escaped TwiML in a serializer's element", `<string xmlns="http://a/">${escaped}</string>`, "twiml-encoded-again", "entity-escaped"],
  ["escaped TwiML in a page", `<html><body><pre>${escaped}</pre></body></html>`, "twiml-encoded-again", "entity-escaped"],
  ["percent-encoded TwiML", encodeURIComponent(bare), "twiml-encoded-again", "percent"],
  ["a Python bytes literal", `b'${bare}'`, "twiml-encoded-again", "Python"],
  ["quoted TwiML", `'${bare}'`, "twiml-encoded-again", "quotes"],
  ["TwiML with escaped quotes", '<?xml version=\\"1.0\\"?><Response/>', "twiml-encoded-again", "escaped quotes"],
  ["JSON", '{"ok":true}', "webhook-json", "JSON"],
  ["a JSON list", "[]", "webhook-json", "JSON"],
  ["a page", "<!DOCTYPE html><title>Acme</title>", "twiml-web-page", 'titled "Acme"'],
  ["a page without a doctype", "<html><body>hi</body></html>", "twiml-web-page", "HTML"],
  ["XHTML", '<?xml version="1.0"?><!-- a --><html xmlns="http://www.w3.org/1999/xhtml"/>', "twiml-web-page", "HTML"],
  ["a PHP warning before TwiML", `<br />\n<b>Warning</b>: x\n${bare}`, "twiml-extra-text", "Warning"],
  ["a blank line before a declaration", `\n${declared}`, "twiml-extra-text", "1 line break"],
  ["a byte order mark after a blank", ` \uFEFF${declared}`, "twiml-extra-text", "before the TwiML"],
  ["text after TwiML", `${bare}undefined`, "twiml-extra-text", '"undefined"'],
  ["a stack trace", "Traceback (most recent call last):\n  File", "webhook-crashed", "Traceback"],
  ["a PHP fatal error", "PHP Fatal error: Uncaught Error: x", "webhook-crashed", "Fatal error"],
  ["TwiML that stops", "<Response><Say>Hel", "webhook-truncated", "Content-Length: 18", [["Content-Length", "18"]]],
  ["Latin-1 without a declaration", Buffer.from("<Response><Say>été</Say></Response>", "latin1"), "twiml-encoding", "UTF-8"],
  ["UTF-16 without a byte order mark", Buffer.from(declared, "utf16le"), "twiml-encoding", "UTF-16"],
  ["an object", "[object Object]", "twiml-malformed", "object"],
  ["a Python object", "<twilio.twiml.voice_response.VoiceResponse object at 0x7f3a>", "twiml-malformed", "object at"],
  ["TwiML in a code fence", `\`\`\`xml\n${bare}\n\`\`\``, "twiml-extra-text", "xml"],
  ["a template's placeholder", connectTo("wss://<ngrok url>/"), "twiml-malformed", "filled in: <ngrok url>"],
  ["a placeholder in single quotes", connectTo("wss://<host>/").replaceAll('"', "'"), "twiml-malformed", "filled in: <host>"],
  ["an attribute without its last quote", connectTo("wss://a><Parameter name=").replace("/>", '"/>'), undefined, ""],
  ["a raw ampersand", "<Response><Say>a & b</Say></Response>", undefined, ""],
  ["a word", "Hello", undefined, ""],
  ["nothing", "", undefined, ""],
];
for (const [what, body, cause, says, headers] of bodies) {
  test(`findBodyFault: ${what}: ${cause}`, () => {
    const fault = find(body, headers);
    assertEquals(fault?.cause, cause);
    assertStringIncludes(fault?.actual ?? "", says);
  });
}

test("findBodyFault: TwiML that was encoded once more has a fix of its own, without &amp;", () => {
  for (const body of [base64, escaped, JSON.stringify(goodTwiml)]) {
    const { fix } = find(body) ?? {};
    assert(fix !== undefined && !fix.includes("&amp;"), fix);
  }
});
