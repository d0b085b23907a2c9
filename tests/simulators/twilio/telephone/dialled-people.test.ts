// Who is dialled, asked and connected, as Twilio does it: which requests the server gets, and what is reported to the
// action. In virtual time.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import type { Person } from "../../../../src/simulators/twilio/telephone/inputs-outputs.ts";
import { lineOf, virtualLine } from "../virtual-line.ts";

const DIAL = '<Dial action="/after" timeout="20"><Number url="/screen">+1</Number><Number url="/screen">+2</Number></Dial>';
const ASK = '<Gather numDigits="1" timeout="6" action="/screen"><Say>Press 1.</Say></Gather><Hangup/>';

interface Case {
  readonly what: string;
  readonly dial?: string;
  readonly people: Readonly<Record<string, Person>>;
  /** The answers to /screen, in order. */
  readonly screen?: readonly string[];
  readonly forMs: number;
  readonly status: string;
  readonly bridged: string;
  readonly connected?: string;
}

const cases: readonly Case[] = [
  {
    what: "a person presses a key: connected until they hang up",
    people: { "+1": { answerMs: 3_000, digits: "1", talkMs: 60_000 } },
    screen: [ASK, ""],
    forMs: 63_000,
    ...{ status: "completed", bridged: "true", connected: "connected 3000 +1" },
  },
  {
    what: "a mailbox presses nothing: completed, and not connected",
    people: { "+1": { answerMs: 3_000 } },
    screen: [ASK],
    forMs: 25_000,
    ...{ status: "completed", bridged: "false" },
  },
  {
    what: "another key, and the document hangs up",
    people: { "+1": { answerMs: 3_000, digits: "2" } },
    screen: [ASK, "<Hangup/>"],
    forMs: 25_000,
    ...{ status: "completed", bridged: "false" },
  },
  { what: "no one answers: after the timeout and 5 s", people: {}, forMs: 25_000, status: "no-answer", bridged: "false" },
  {
    what: "busy",
    dial: '<Dial action="/after"><Number>+1</Number></Dial>',
    people: { "+1": { refuses: "busy" } },
    forMs: 0,
    ...{ status: "busy", bridged: "false" },
  },
  {
    what: "a number that cannot be dialled",
    dial: '<Dial action="/after"><Sip>sip:a@b</Sip></Dial>',
    people: { "sip:a@b": { refuses: "failed", answerMs: 500 } },
    forMs: 500,
    ...{ status: "failed", bridged: "false" },
  },
  {
    what: "without a document the person is connected at once",
    dial: '<Dial action="/after">+1</Dial>',
    people: { "+1": { answerMs: 2_000, talkMs: 1_000 } },
    forMs: 3_000,
    ...{ status: "completed", bridged: "true", connected: "connected 2000 +1" },
  },
  {
    what: "of two, the first who takes the call is connected",
    people: { "+1": { answerMs: 1_000 }, "+2": { answerMs: 4_000, digits: "1", talkMs: 5_000 } },
    screen: [ASK, ASK, ""],
    forMs: 9_000,
    ...{ status: "completed", bridged: "true", connected: "connected 4000 +2" },
  },
  {
    what: "a document that cannot be fetched connects no one",
    dial: '<Dial action="/after"><Number url="/gone">+1</Number></Dial>',
    people: { "+1": { answerMs: 0 } },
    forMs: 0,
    ...{ status: "completed", bridged: "false" },
  },
];

for (const { what, dial = DIAL, people, screen = [ASK], forMs, status, bridged, connected } of cases) {
  test(`<Dial>: ${what}`, () => {
    const replies = {
      "https://h/voice": dial,
      "https://h/screen": screen,
      "https://h/gone": { status: 500 },
      "https://h/after": "<Say>over</Say>",
    };
    const line = virtualLine(replies, { people });
    line.advance(forMs - 1);
    if (forMs > 0) assertEquals(line.call.exchanges.length, 1, "it ended too early");
    line.advance(1);
    const { DialCallStatus, DialBridged } = line.call.exchanges.at(-1)?.params ?? {};
    assertEquals([DialCallStatus, DialBridged], [status, bridged]);
    assertEquals(
      lineOf(line.call).filter((event) => event.startsWith("connected")),
      connected === undefined ? [] : [connected],
    );
    assertEquals(lineOf(line.call).slice(-2), ["say over", "hangup server"]);
  });
}

test("<Dial>: the person's requests are of a call of their own, signed, and name the caller's", () => {
  const dial = '<Dial action="/after" callerId="+9"><Number url="/screen">+1</Number></Dial>';
  const replies = { "https://h/voice": dial, "https://h/screen": [ASK, ""], "https://h/after": "" };
  const { call } = virtualLine(replies, { people: { "+1": { answerMs: 0, digits: "1" } } });
  const [person] = call.dialled;
  const [asked, pressed] = person?.call?.exchanges ?? [];
  const { CallSid, ParentCallSid, From, To, CallStatus, Direction, Digits } = asked?.params ?? {};
  assertEquals([CallSid, ParentCallSid, From, To], [person?.callSid, call.facts.callSid, "+9", "+1"]);
  assertEquals([CallStatus, Direction, Digits, pressed?.params["Digits"]], ["in-progress", "outbound-dial", undefined, "1"]);
  assertEquals(
    pressed?.request.headers.some(([name]) => name === "X-Twilio-Signature"),
    true,
  );
  assertEquals(call.exchanges.at(-1)?.params["DialCallSid"], person?.callSid);
});

test("<Dial>: a caller who hangs up while it rings: reported as canceled, and no one is asked any more", () => {
  const line = virtualLine(
    { "https://h/voice": DIAL, "https://h/screen": [ASK], "https://h/after": "" },
    { people: { "+1": { answerMs: 9_000 } } },
  );
  line.advance(1_000);
  line.command({ type: "hangUp", requestsAction: true });
  line.advance(60_000);
  const { params } = line.call.exchanges.at(-1) ?? {};
  assertEquals([params?.["DialCallStatus"], params?.["CallStatus"], params?.["DialBridged"]], ["canceled", "completed", "false"]);
  assertEquals([line.call.dialled[0]?.call, line.call.done], [undefined, true]);
});

test("<Dial>: without people it is only noted, and no one is dialled", () => {
  const { call } = virtualLine({ "https://h/voice": DIAL, "https://h/after": "" });
  assertEquals([call.dialled, call.exchanges.at(-1)?.params["DialCallStatus"]], [[], "completed"]);
});
