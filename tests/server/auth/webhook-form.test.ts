// Tests of src/server/auth/webhook-form.ts: a captured signature fits only the form that it was made for.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { joinParams, type SignedParams } from "../../../src/protocol/signature.ts";
import { findFormFault } from "../../../src/server/auth/webhook-form.ts";
import { callParams, FICTIONAL_CALLER, FICTIONAL_LINE } from "../../../src/simulators/twilio/webhook-request.ts";
import { checkProperty } from "../../support/properties.ts";
import { ACCOUNT_SID, callSidOf, makeDesk, voiceForm } from "../fakes.ts";

const captured: Readonly<Record<string, string>> = {
  ...callParams(
    { accountSid: ACCOUNT_SID, callSid: callSidOf(1), direction: "inbound", from: FICTIONAL_CALLER, to: FICTIONAL_LINE, more: {} },
    "ringing",
  ),
  ParentCallSid: callSidOf(2),
};

test("findFormFault: accepts what Twilio sends", () => {
  const stream = { AccountSid: ACCOUNT_SID, CallSid: callSidOf(1), StreamSid: "MZ1", StreamEvent: "stream-error", StreamError: "x" };
  const forms: readonly SignedParams[] = [
    captured,
    stream,
    voiceForm(1, { From: "client:FromCityHall", To: "sip:Direction@h.example" }),
    voiceForm(1, { From: "", To: "" }),
    voiceForm(1, { DialCallStatus: "no-answer", DialCallSid: callSidOf(3), CallStatus: "in-progress" }),
    voiceForm(1, { NewParameter: "x", "SipHeader_X-a": "b", agentId: "7", a: "CallSid" }),
    voiceForm(1, { ErrorCode: "11200", ErrorUrl: `https://h.example/?CallSid=${callSidOf(9)}` }),
  ];
  for (const form of forms) assertEquals(findFormFault(form, true), undefined);
});

/** The captured form without some fields, and with others that give the same signed text. */
function split(without: readonly string[], more: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(captured).filter(([name]) => !without.includes(name));
  return { ...Object.fromEntries(kept), ...more };
}
const names = Object.keys(captured).sort();
/** The signed text from one name to before another. */
function textBetween(from: string, to: string): string {
  return names.slice(names.indexOf(from), names.indexOf(to)).reduce((text, name) => `${text}${name}${captured[name]}`, "");
}
const firstToParent = names.slice(0, names.indexOf("ParentCallSid"));

const splits: readonly [what: string, form: Record<string, string>, reason: string][] = [
  [
    "CallSid takes in the next field",
    split(["CallStatus"], { CallSid: `${captured["CallSid"]}CallStatusringing` }),
    "CallSid is malformed",
  ],
  [
    "AccountSid takes in the next field",
    split(["ApiVersion"], { AccountSid: `${ACCOUNT_SID}ApiVersion2010-04-01` }),
    "AccountSid is missing or malformed",
  ],
  [
    "CallSid comes from ParentCallSid",
    split([...firstToParent, "ParentCallSid"], {
      AccountSid: ACCOUNT_SID,
      ApiVersion: `${textBetween("ApiVersion", "ParentCallSid").slice("ApiVersion".length)}Parent`,
      CallSid: callSidOf(2),
    }),
    "CallSid is not the one that was signed",
  ],
  [
    "the first CallSid is hidden behind another name",
    split([...firstToParent, "ParentCallSid"], {
      AccountSid: ACCOUNT_SID,
      [`ApiVersion2010-04-01CallSid`]: callSidOf(1),
      C: `${textBetween("CallStatus", "ParentCallSid").slice(1)}Parent`,
      CallSid: callSidOf(2),
    }),
    "CallSid is not the one that was signed",
  ],
  [
    "CallStatus takes in the next field",
    split(["Called"], { CallStatus: `ringingCalled${captured["Called"]}` }),
    "CallStatus is malformed",
  ],
  ["CallStatus is hidden", split(["CallStatus"], { CallStatusr: "inging" }), "CallStatus is missing"],
  [
    "From takes in the next field",
    split(["FromCity"], { From: `${captured["From"]}FromCity${captured["FromCity"]}` }),
    "From or To is malformed",
  ],
];
for (const [what, form, reason] of splits) {
  test(`findFormFault: ${what}`, async () => {
    assertEquals(joinParams(form), joinParams(captured), "the test's split is not one: it changes the signed text");
    assertEquals(findFormFault(form, true), reason);
    const desk = makeDesk();
    assertEquals((await desk.post("/twilio/voice", form)).status, 400);
    assertEquals(desk.made.size, 0);
  });
}

test("findFormFault: however the signed text is split, the CallSid is the one that was signed", () => {
  const text = joinParams(captured);
  const positions = fc.uniqueArray(fc.nat({ max: text.length }), { minLength: 2, maxLength: 12 });
  checkProperty(
    fc.property(positions, fc.constantFrom("CallSid", "AccountSid"), (cuts, name) => {
      const at = text.lastIndexOf(`${name}${captured[name]?.slice(0, 2)}`);
      const bounds = [...cuts, 0, at, at + name.length, at + name.length + 34, text.length].sort((a, b) => a - b);
      const pieces = bounds.slice(1).map((end, index) => text.slice(bounds[index], end));
      const form: Record<string, string> = {};
      for (let index = 0; index < pieces.length; index += 2) form[pieces[index] ?? ""] = pieces[index + 1] ?? "";
      if (joinParams(form) === text && findFormFault(form, true) === undefined) assertEquals(form["CallSid"], captured["CallSid"]);
    }),
  );
});

test("findFormFault: a GET's query is signed as it is, so its order does not matter, but its shape does", () => {
  const form = { ...voiceForm(1), Before: `CallSid${callSidOf(2)}` };
  assertEquals(findFormFault(form, false), undefined);
  assert(findFormFault({ ...form, CallSid: "CA1" }, false) !== undefined);
});
