// Each check of the webhook leg, on evidence that passes and on each way to fail.

import { test } from "bun:test";
import {
  afterUnknownCall,
  callbacksAnswered,
  twimlPublic,
  twimlShape,
  webhookSigned,
  webhookUnsigned,
  webhookWrongToken,
} from "../../../src/selftest/checks/webhook.ts";
import { assertVerdict, goodTwiml, madeCall, madeExchange } from "./made.ts";

const sorry = "<Response><Say>Sorry.</Say><Hangup/></Response>";
const words = [{ kind: "say", atMs: 1, text: "Sorry.", language: undefined }] as const;
const error = [{ kind: "applicationError", atMs: 1, text: "We are sorry", twilioCode: 11200 }] as const;
const answered = (twiml: string, status = 200, type = "text/xml") => ({
  call: madeCall({ exchanges: [madeExchange(twiml, status, {}, type)] }),
});

for (const [why, verdict, check, evidence] of [
  ["a stream", "passed", webhookSigned, answered(goodTwiml)],
  ["a message", "failed", webhookSigned, answered(sorry)],
  ["an error", "failed", webhookSigned, answered("no", 500)],
  ["another type", "failed", webhookSigned, answered(goodTwiml, 200, "application/json")],
  ["no request", "failed", webhookSigned, { call: madeCall({ exchanges: [] }) }],
  ["403", "passed", webhookUnsigned, answered("no", 403)],
  ["a stream", "failed", webhookUnsigned, answered(goodTwiml)],
  ["403 with TwiML", "failed", webhookUnsigned, answered(goodTwiml, 403)],
  ["a message", "passed", webhookWrongToken, { call: madeCall({ exchanges: [madeExchange(sorry)], line: words }) }],
  ["403", "failed", webhookWrongToken, answered("no", 403)],
  ["a stream", "failed", webhookWrongToken, answered(goodTwiml)],
  ["a token beside the message", "failed", webhookWrongToken, answered(sorry.replace("<Hangup/>", '<Hangup/><Parameter name="token"/>'))],
  ["the application error", "failed", webhookWrongToken, { call: madeCall({ exchanges: [madeExchange(sorry)], line: error }) }],
  ["a healthy server's", "passed", twimlShape, answered(goodTwiml)],
  ["ws on this machine", "passed", twimlShape, answered(goodTwiml.replace("wss:", "ws:"))],
  ["a query", "failed", twimlShape, answered(goodTwiml.replace("realtime", "realtime?a=1"))],
  ["a relative URL", "failed", twimlShape, answered(goodTwiml.replace("wss://voice.example", ""))],
  ["no token", "failed", twimlShape, answered(goodTwiml.replace('value="t"', 'value=""'))],
  ["an absolute action", "failed", twimlShape, answered(goodTwiml.replaceAll("after", "https://voice.example:8443/twilio/after"))],
  ["no action", "failed", twimlShape, answered(goodTwiml.replace(/ action="[^"]*"/, ""))],
  ["no <Redirect>", "failed", twimlShape, answered(goodTwiml.replace(/<Redirect.*<\/Redirect>/, ""))],
  ["<Redirect> elsewhere", "failed", twimlShape, answered(goodTwiml.replace("after</Redirect>", "voice</Redirect>"))],
  ["no TwiML", "failed", twimlShape, answered("no", 500)],
  ["a message", "passed", afterUnknownCall, { call: madeCall({ line: words }) }],
  ["silence", "failed", afterUnknownCall, { call: madeCall() }],
  ["the application error", "failed", afterUnknownCall, { call: madeCall({ line: [...words, ...error] }) }],
] as const) {
  test(`${check.id}: ${why}: ${verdict}`, () => assertVerdict(check, evidence, verdict));
}

const callback = (purpose: "status" | "streamStatus", status: number) => madeExchange("", status, { purpose });
for (const [why, verdict, exchanges] of [
  ["both heard", "passed", [callback("status", 204), callback("streamStatus", 200)]],
  ["one not heard", "failed", [callback("status", 204), callback("streamStatus", 500)]],
  ["one not asked for", "failed", [callback("status", 204)]],
] as const) {
  test(`callbacks.answered: ${why}: ${verdict}`, () => assertVerdict(callbacksAnswered, { call: madeCall({ exchanges }) }, verdict));
}

for (const [why, verdict, twiml] of [
  ["wss at that address", "passed", goodTwiml],
  ["ws", "failed", goodTwiml.replace("wss:", "ws:")],
  ["another host", "failed", goodTwiml.replace("wss://voice.example", "wss://127.0.0.1:8080")],
  ["no stream", "failed", sorry],
] as const) {
  test(`twiml.public: ${why}: ${verdict}`, () =>
    assertVerdict(twimlPublic, { exchange: madeExchange(twiml), host: "voice.example" }, verdict));
}
