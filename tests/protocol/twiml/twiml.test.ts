// Tests of src/protocol/twiml/twiml.ts.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { isBad } from "../../../src/protocol/bad.ts";
import { readTwiml } from "../../../src/protocol/twiml/reader.ts";
import {
  type ConnectStream,
  connectStreamTwiml,
  emptyTwiml,
  PARAMETER_LIMIT_CHARACTERS,
  rejectTwiml,
  sayTwiml,
  transferTwiml,
} from "../../../src/protocol/twiml/twiml.ts";
import { checkProperty } from "../../support/properties.ts";

const connect: ConnectStream = {
  streamUrl: "wss://h.example/twilio/realtime",
  token: "t.1",
  parameters: {},
  actionUrl: "https://h.example/twilio/after",
  statusCallbackUrl: "https://h.example/twilio/stream",
};
const xml = '<?xml version="1.0" encoding="UTF-8"?>';

test("connectStreamTwiml: connects with an action, then redirects to the same URL", () => {
  assertEquals(
    connectStreamTwiml(connect),
    `${xml}<Response><Connect action="https://h.example/twilio/after" method="POST"><Stream url="wss://h.example/twilio/realtime" statusCallback="https://h.example/twilio/stream" statusCallbackMethod="POST"><Parameter name="token" value="t.1"/></Stream></Connect><Redirect method="POST">https://h.example/twilio/after</Redirect></Response>`,
  );
});

test("connectStreamTwiml: omits undefined parts", () => {
  assertEquals(
    connectStreamTwiml({ ...connect, token: undefined, statusCallbackUrl: undefined }),
    `${xml}<Response><Connect action="https://h.example/twilio/after" method="POST"><Stream url="wss://h.example/twilio/realtime"/></Connect><Redirect method="POST">https://h.example/twilio/after</Redirect></Response>`,
  );
});

test("connectStreamTwiml: a parameter must stay under 500 characters, name and value together", () => {
  const of = (length: number) => connectStreamTwiml({ ...connect, parameters: { name: "v".repeat(length - 4) } });
  assert(!isBad(Object(of(PARAMETER_LIMIT_CHARACTERS - 1))));
  assertEquals<unknown>(of(PARAMETER_LIMIT_CHARACTERS), { bad: "<Parameter> name: expected under 500 characters, got 500" });
});

test("connectStreamTwiml: a parameter may hold only characters that XML allows", () => {
  for (const value of ["\0", "\u001b", "\ud800", "\uffff"]) {
    assertEquals<unknown>(connectStreamTwiml({ ...connect, parameters: { a: value } }), {
      bad: "<Parameter>: expected characters that XML allows, got others",
    });
  }
});

test("connectStreamTwiml: every parameter and URL survives a round trip", () => {
  // A parser turns line breaks and tabs in attributes into spaces (XML 1.0 section 3.3.3), so those are left out here.
  const text = fc.string({ unit: "grapheme", maxLength: 50 }).filter((value) => !/[\t\r\n]/.test(value));
  checkProperty(
    fc.property(text, text, (name, value) => {
      const url = `https://h.example/?a=1&b=${encodeURIComponent(value)}'`;
      const written = connectStreamTwiml({ ...connect, token: undefined, parameters: { [name]: value }, actionUrl: url });
      assert(typeof written === "string");
      const read = readTwiml(written);
      assert(!isBad(read));
      const [verb, redirect] = read.children;
      assertEquals(verb?.attributes, { action: url, method: "POST" });
      assertEquals(verb?.children[0]?.children[0]?.attributes, { name, value });
      assertEquals(redirect?.text, url);
    }),
  );
});

test("sayTwiml: speaks, then hangs up", () => {
  assertEquals(
    sayTwiml("Sorry & <goodbye>.", "en-GB"),
    `${xml}<Response><Say language="en-GB">Sorry &amp; &lt;goodbye&gt;.</Say><Hangup/></Response>`,
  );
});

test("sayTwiml: any sentence gives valid TwiML", () => {
  checkProperty(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), fc.string({ unit: "binary" }), (sentence, language) => {
      const read = readTwiml(sayTwiml(sentence, language));
      assert(!isBad(read));
      assertEquals(
        read.children.map(({ name }) => name),
        ["Say", "Hangup"],
      );
    }),
  );
});

for (const [target, noun] of [
  ["+15005550009", "<Number>+15005550009</Number>"],
  ["sip:desk@pbx.example;transport=tls", "<Sip>sip:desk@pbx.example;transport=tls</Sip>"],
  ["sips:desk@pbx.example?a=1&b=2", "<Sip>sips:desk@pbx.example?a=1&amp;b=2</Sip>"],
]) {
  test(`transferTwiml: speaks, then dials ${target}, with an action`, () => {
    assertEquals(
      transferTwiml({ sentence: "One moment.", language: "en-US", target: target ?? "", actionUrl: "https://h.example/twilio/after" }),
      `${xml}<Response><Say language="en-US">One moment.</Say><Dial action="https://h.example/twilio/after" method="POST" timeout="30">${noun}</Dial></Response>`,
    );
  });
}

test("transferTwiml: without an action, nothing is requested after the dial", () => {
  assertEquals(
    transferTwiml({ sentence: "One moment.", language: "en-US", target: "+15005550009", actionUrl: undefined }),
    `${xml}<Response><Say language="en-US">One moment.</Say><Dial timeout="30"><Number>+15005550009</Number></Dial></Response>`,
  );
});

test("emptyTwiml, rejectTwiml: are complete documents", () => {
  assertEquals(emptyTwiml(), `${xml}<Response/>`);
  assertEquals(rejectTwiml("busy"), `${xml}<Response><Reject reason="busy"/></Response>`);
});
