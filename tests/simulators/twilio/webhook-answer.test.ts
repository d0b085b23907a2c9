// What Twilio makes of webhook answers, and of missing ones.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { httpFault, readWebhookAnswer, socketFault } from "../../../src/simulators/twilio/webhook-answer.ts";

const twiml = '<?xml version="1.0"?><Response><Hangup/></Response>';

const answers: readonly (readonly [
  what: string,
  status: number,
  contentType: string | undefined,
  body: string,
  result: string | number,
])[] = [
  ["text/xml", 200, "text/xml", twiml, "twiml"],
  ["application/xml with a charset", 200, "Application/XML; charset=utf-8", twiml, "twiml"],
  ["text/html, the default of many frameworks", 200, "text/html", twiml, "twiml"],
  ["another 2xx", 201, "text/xml", twiml, "twiml"],
  ["text/plain that is TwiML", 200, "text/plain", twiml, "twiml"],
  ["text/plain that is not TwiML", 200, "text/plain", "Hello", "text"],
  ["audio", 200, "audio/mpeg", "xx", "audio"],
  ["403", 403, "text/xml", twiml, 11200],
  ["502", 502, "text/html", "<html>", 11200],
  ["an empty body", 200, "text/xml", "", 11770],
  ["white space", 200, "text/xml", " \n", 11770],
  ["no content type", 200, undefined, twiml, 12300],
  ["JSON", 200, "application/json", "{}", 12300],
  ["broken XML", 200, "text/xml", '<Response><Stream url="wss://h/?a&b"/></Response>', 12100],
  ["XML 1.1", 200, "text/xml", '<?xml version="1.1"?><Response/>', 12101],
  ["another root", 200, "text/xml", "<response/>", 12102],
  ["more than 64 kB", 200, "text/xml", `<Response><!--${"x".repeat(65_536)}--></Response>`, 11750],
  ["more than 64 kB of text", 200, "text/plain", "x".repeat(65_537), 11750],
];
for (const [what, status, contentType, body, expected] of answers) {
  test(`readWebhookAnswer: ${what} is ${expected}`, () => {
    const headers = contentType === undefined ? [] : ([["content-type", contentType]] as const);
    const result = readWebhookAnswer({ status, headers, body: new TextEncoder().encode(body) }, "https://h/");
    assertEquals("twilioCode" in result ? result.twilioCode : result.type, expected);
  });
}

test("readWebhookAnswer: bytes that are not UTF-8 are 12100", () => {
  const result = readWebhookAnswer({ status: 200, headers: [["Content-Type", "text/xml"]], body: Uint8Array.of(0x3c, 0xe9) }, "https://h/");
  assertEquals("twilioCode" in result && result.twilioCode, 12100);
});

test("httpFault, socketFault: the same failure has a code in each client", () => {
  const codes = (["dns", "refused", "connectTimeout", "certificateExpired", "totalTimeout"] as const).map((failure) => [
    httpFault(failure, "").twilioCode,
    socketFault(failure, "").twilioCode,
  ]);
  assertEquals(codes, [
    [11210, 31904],
    [11202, 31902],
    [11201, 31901],
    [11236, 31910],
    [11203, 31901],
  ]);
  assertEquals(httpFault("dns", "no such host").what, "dns: no such host");
});
