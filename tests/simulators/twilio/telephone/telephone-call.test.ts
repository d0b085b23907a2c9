// Whole calls: every way to hang up, and that no order of inputs breaks a call.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { TelephoneInput, TelephoneOptions } from "../../../../src/simulators/twilio/telephone/inputs-outputs.ts";
import { createTelephoneCall, stepTelephoneCall } from "../../../../src/simulators/twilio/telephone/telephone-call.ts";
import { checkProperty } from "../../../support/properties.ts";
import { lineOf, plainOptions, virtualLine } from "../virtual-line.ts";

const replies = {
  "https://h/voice": '<Connect action="/after"><Stream url="wss://h/s"/></Connect><Redirect>/after</Redirect>',
  "https://h/after": "",
  "https://h/status": { status: 204 },
};
const options = { statusCallback: { url: "https://h/status" } };

for (const asked of [true, false]) {
  test(`stepTelephoneCall: after a hang-up the action is ${asked ? "requested with CallStatus completed" : "not requested"}, then the status callback`, () => {
    const line = virtualLine(replies, options);
    line.open();
    line.advance(60);
    line.command({ type: "hangUp", requestsAction: asked });
    const after = line.call.exchanges.slice(1).map(({ purpose, params }) => `${purpose} ${params["CallStatus"]}`);
    assertEquals(after, ["status completed", ...(asked ? ["action completed"] : [])]);
    assertEquals([line.call.stream?.phase, line.call.done], ["closing", false]);
    line.input({ type: "socket.closed", id: line.call.stream?.id ?? 0, code: 1000, reason: "" });
    assertEquals([line.call.done, line.call.end?.by, line.call.streams[0]?.end?.by], [true, "caller", "caller"]);
    assertEquals(line.outputs.at(-1), { type: "done" });
  });
}

test("stepTelephoneCall: hanging up sends stop, then a close with 1000", () => {
  const line = virtualLine(replies);
  line.open();
  line.command({ type: "hangUp", requestsAction: false });
  const [stop, close] = line.outputs.filter(({ type }) => type.startsWith("socket.")).slice(-2);
  assertEquals([stop?.type === "socket.text" && JSON.parse(stop.text).event, close?.type === "socket.close" && close.code], ["stop", 1000]);
});

test("stepTelephoneCall: a server that never closes is dropped after 5 s", () => {
  const line = virtualLine(replies);
  line.open();
  line.command({ type: "hangUp", requestsAction: false });
  line.advance(4_999);
  assertEquals(line.call.done, false);
  line.advance(1);
  assertEquals([line.call.done, line.call.streams[0]?.end?.code], [true, 1006]);
});

test("stepTelephoneCall: hanging up while dialling, or in a pause, ends the call at once", () => {
  const dialling = virtualLine(replies);
  dialling.command({ type: "hangUp", requestsAction: false });
  assertEquals([dialling.call.done, dialling.outputs.some(({ type }) => type === "socket.drop")], [true, true]);
  const waiting = virtualLine({ "https://h/voice": '<Pause length="9"/><Say>no</Say>' });
  waiting.command({ type: "hangUp", requestsAction: true });
  waiting.advance(20_000);
  assertEquals([waiting.call.done, ...lineOf(waiting.call)], [true, "hangup caller"]);
});

test("stepTelephoneCall: after a dropped socket the call goes on, and the action connects a second stream", () => {
  const line = virtualLine({ ...replies, "https://h/after": ['<Connect><Stream url="wss://h/s"/></Connect>', ""] });
  line.open();
  line.command({ type: "dropSocket" });
  assertEquals(
    line.call.problems.map(({ twilioCode }) => twilioCode),
    [31903],
  );
  line.open();
  assertEquals([line.call.stream?.phase, line.call.streams.length], ["open", 2]);
  const [first, second] = line.call.streams.map(({ streamSid }) => streamSid);
  assertEquals(first === second, false);
});

test("stepTelephoneCall: commands reach the stream: speech, keys, mute, raw frames", () => {
  const line = virtualLine(replies);
  line.open();
  line.command({ type: "say", speech: new Uint8Array(160).fill(9) });
  line.command({ type: "press", digit: "3" });
  line.command({ type: "sendText", text: "{" });
  line.command({ type: "sendBinary", bytes: Uint8Array.of(1) });
  line.advance(20);
  line.command({ type: "mute", ms: 100 });
  line.advance(100);
  const sent = line.outputs
    .flatMap((output) => (output.type === "socket.text" ? [output.text] : [output.type]))
    .filter((text) => text !== "wake");
  assertEquals(
    sent.slice(4).map((text) => (text.startsWith('{"') ? JSON.parse(text).event : text)),
    ["dtmf", "{", "socket.binary", "media"],
  );
  assertEquals(line.call.line.length, 1);
});

test("createTelephoneCall: the same seed gives the same call; an outgoing call is answered before its webhook is requested", () => {
  assertEquals(createTelephoneCall(plainOptions), createTelephoneCall(plainOptions));
  assertEquals(
    createTelephoneCall(plainOptions).facts.callSid === createTelephoneCall({ ...plainOptions, seed: "2" }).facts.callSid,
    false,
  );
  assertEquals(createTelephoneCall({ ...plainOptions, direction: "outbound-api" }).status, "in-progress");
});

const anyInput: fc.Arbitrary<TelephoneInput> = fc
  .record({
    id: fc.integer({ min: 0, max: 6 }),
    kind: fc.integer({ min: 0, max: 13 }),
    n: fc.integer({ min: 0, max: 9 }),
    text: fc.string(),
  })
  .map(({ id, kind, n, text }): TelephoneInput => {
    const atMs = 0;
    const head = { version: "1.1", status: 101, reason: "", fields: [] };
    const body = new TextEncoder().encode(text);
    const say = new TextEncoder().encode('<Response><Say>a</Say><Connect action="/a"><Stream url="wss://h/s"/></Connect></Response>');
    const kinds: readonly TelephoneInput[] = [
      { type: "placed", atMs },
      { type: "woke", atMs },
      { type: "http.answered", atMs, id, status: 200, headers: [["content-type", "text/xml"]], body: say },
      { type: "http.answered", atMs, id, status: n * 100, headers: [["location", text]], body },
      { type: "http.failed", atMs, id, failure: "refused", detail: text },
      { type: "socket.opened", atMs, id, head },
      { type: "socket.rejected", atMs, id, head, body },
      { type: "socket.text", atMs, id, text },
      { type: "socket.binary", atMs, id, bytes: n },
      { type: "socket.closed", atMs, id, code: 1000 + n, reason: text },
      { type: "socket.broken", atMs, id, bad: text, violation: "frame" },
      { type: "command", atMs, command: { type: "hangUp", requestsAction: n > 5 } },
      { type: "command", atMs, command: { type: "press", digit: text } },
      { type: "command", atMs, command: { type: "dropSocket" } },
    ];
    return kinds[kind] ?? { type: "woke", atMs };
  });

test("stepTelephoneCall: no order of inputs throws; the call ends at most once, and done is the last output", () => {
  checkProperty(
    fc.property(fc.array(anyInput, { maxLength: 40 }), (inputs) => {
      let call = createTelephoneCall({ ...plainOptions, ...options });
      let done = 0;
      inputs.forEach((input, i) => {
        const step = stepTelephoneCall(call, { ...input, atMs: i * 50 });
        if (done > 0) assertEquals(step.outputs, []);
        done += step.outputs.filter(({ type }) => type === "done").length;
        call = step.call;
      });
      assertEquals(call.line.filter(({ kind }) => kind === "hangup").length <= 1, true);
      assertEquals(done <= 1, true);
    }),
  );
});

test("stepTelephoneCall: a call with its own TwiML requests no webhook; with bad TwiML it ends", () => {
  const twiml = '<Response><Connect><Stream url="wss://h/s?a=1"/></Connect></Response>';
  const dialled = (more: Partial<TelephoneOptions>) => {
    const line = virtualLine({}, { twiml, ...more });
    const dial = line.outputs.find((output) => output.type === "socket.dial");
    return { url: dial?.url, agent: dial?.fields.find(([name]) => name === "User-Agent")?.[1], asked: line.call.exchanges.length };
  };
  assertEquals(dialled({}), { url: "wss://h/s", agent: "Twilio.TmeWs/1.0", asked: 0 });
  assertEquals(dialled({ keepsQuery: true, userAgent: "me" }), { url: "wss://h/s?a=1", agent: "me", asked: 0 });
  const { call } = virtualLine({}, { twiml: "<Response>" });
  assertEquals([call.done, call.end?.cause, call.problems[0]?.twilioCode], [true, "applicationError", 12100]);
});
