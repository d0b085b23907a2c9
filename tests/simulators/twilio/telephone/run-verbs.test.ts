// TwiML as Twilio runs it: a table of documents and results.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import type { TelephoneOptions } from "../../../../src/simulators/twilio/telephone/inputs-outputs.ts";
import { MAX_STREAMS, MAX_VERBS } from "../../../../src/simulators/twilio/telephone/run-verbs.ts";
import type { Replies } from "../virtual-line.ts";
import { lineOf, virtualLine } from "../virtual-line.ts";

interface Case {
  readonly promise: string;
  readonly replies: Replies;
  readonly options?: Partial<TelephoneOptions>;
  readonly line: readonly string[];
  readonly requests?: readonly string[];
}

const voice = "voice POST https://h/voice";
const cases: readonly Case[] = [
  { promise: "an empty document hangs up silently", replies: { "https://h/voice": "" }, line: ["hangup server"] },
  {
    promise: "<Say> is heard, then the end of the document hangs up",
    replies: { "https://h/voice": '<Say language="de-DE">Hallo</Say><Say loop="2">x</Say>' },
    line: ["say Hallo", "say x", "say x", "hangup server"],
  },
  {
    promise: "<Say> with SSML is heard with its inner text",
    replies: { "https://h/voice": '<Say>Hello <prosody rate="slow">my <emphasis>dear</emphasis></prosody> friend.</Say>' },
    line: ["say Hello my dear friend.", "hangup server"],
  },
  { promise: "nothing runs after <Hangup>", replies: { "https://h/voice": "<Hangup/><Say>no</Say>" }, line: ["hangup server"] },
  { promise: "a rejected call is not answered", replies: { "https://h/voice": "<Reject/>" }, line: ["hangup server"] },
  {
    promise: "<Redirect> replaces the document, relative to its URL",
    replies: {
      "https://h/voice": '<Redirect method="GET">next?a=1</Redirect><Say>no</Say>',
      [getUrl("https://h/next?a=1")]: "<Say>yes</Say>",
    },
    line: ["say yes", "hangup server"],
    requests: [voice, `redirect GET ${getUrl("https://h/next?a=1")}`],
  },
  {
    promise: "an empty <Redirect> requests the same URL again",
    replies: { "https://h/voice": ["<Redirect/>", "<Say>twice</Say>"] },
    line: ["say twice", "hangup server"],
    requests: [voice, "redirect POST https://h/voice"],
  },
  {
    promise: "<Dial> is noted, and its action requested",
    replies: {
      "https://h/voice": '<Dial action="/done"><Number>+1</Number><Sip>sip:a@b</Sip></Dial><Say>no</Say>',
      "https://h/done": "<Say>bye</Say>",
    },
    line: ["dial Number +1, Sip sip:a@b", "say bye", "hangup server"],
    requests: [voice, "action POST https://h/done"],
  },
  {
    promise: "without an action the verb after <Dial> follows",
    replies: { "https://h/voice": "<Dial>+1</Dial><Say>b</Say>" },
    line: ["dial +1", "say b", "hangup server"],
  },
  {
    promise: "<Play> is noted with its absolute URL",
    replies: { "https://h/voice": "<Play>a.mp3</Play><Play digits='12'/>" },
    line: ["play https://h/a.mp3", "play digits 12", "hangup server"],
  },
  {
    promise: "other verbs of Twilio's are noted and skipped",
    replies: { "https://h/voice": '<Start><Stream url="wss://h/s"/></Start><Connect><ConversationRelay url="wss://h/r"/></Connect>' },
    line: ["verb Start Stream", "verb Connect ConversationRelay", "hangup server"],
  },
  {
    promise: "the digits in the options are pressed at <Gather>",
    replies: { "https://h/voice": '<Gather action="/keys" numDigits="2"><Say>press</Say></Gather>', "https://h/keys": "<Say>ok</Say>" },
    options: { digits: "12" },
    line: ["say press", "say ok", "hangup server"],
    requests: [voice, "action POST https://h/keys"],
  },
];

function getUrl(url: string): string {
  // With GET, the call's parameters follow the query.
  const first = virtualLine({}, { webhook: { url, method: "GET" } }).call.exchanges[0]?.request.url ?? "";
  return first.replace("CallStatus=ringing", "CallStatus=in-progress");
}

for (const { promise, replies, options, line, requests } of cases) {
  test(`runVerbs: ${promise}`, () => {
    const { call, requests: made } = virtualLine(replies, options);
    assertEquals(lineOf(call), line);
    if (requests !== undefined) assertEquals(made, requests);
    assertEquals(call.done, true);
  });
}

test("runVerbs: an unknown verb is warning 12200 with its position, and is skipped", () => {
  const { call } = virtualLine({ "https://h/voice": "<say>no</say><Say>yes</Say>" });
  assertEquals(call.problems, [{ twilioCode: 12200, what: "<say> is not a verb, line 1, column 11", atMs: 0, level: "warning" }]);
  assertEquals(lineOf(call), ["say yes", "hangup server"]);
});

test("runVerbs: <Pause> takes time", () => {
  const line = virtualLine({ "https://h/voice": '<Pause length="3"/><Say>now</Say>' });
  line.advance(2_999);
  assertEquals(lineOf(line.call), []);
  line.advance(1);
  assertEquals(lineOf(line.call), ["say now", "hangup server"]);
});

test("runVerbs: <Say> takes time with sayMsPerCharacter", () => {
  const line = virtualLine({ "https://h/voice": "<Say>0123456789</Say>" }, { sayMsPerCharacter: 60 });
  assertEquals(line.call.end, undefined);
  line.advance(600);
  assertEquals(line.call.end?.atMs, 600);
});

test("runVerbs: a document that redirects to itself ends the call at a limit", () => {
  const { call, requests } = virtualLine({ "https://h/voice": "<Redirect/>" });
  assertEquals([call.end?.cause, requests.length], ["tooLong", 50]);
});

test("runVerbs: a call that runs more verbs than any call needs ends", () => {
  const { call, requests } = virtualLine({ "https://h/voice": `${"<Play/>".repeat(4_000)}<Redirect/>` });
  assertEquals([call.end?.cause, call.verbs, requests.length], ["tooLong", MAX_VERBS, 3]);
});

test("runVerbs: a call that opens more streams than any call needs ends", () => {
  const { call } = virtualLine({ "https://h/voice": '<Connect><Stream url="ws://h/s"/></Connect>'.repeat(5) });
  assertEquals([call.end?.cause, call.streams.length], ["endOfDocument", 0]);
  const line = virtualLine({ "https://h/voice": '<Connect><Stream url="wss://h/s"/></Connect><Redirect/>' });
  while (line.call.end === undefined) line.open([], 404);
  assertEquals([line.call.end.cause, line.call.streams.length], ["tooLong", MAX_STREAMS]);
});

test("runVerbs: the call is in progress from the first verb on, and the next request says so", () => {
  const { call } = virtualLine({ "https://h/voice": ["<Redirect/>", ""] });
  assertEquals(
    call.exchanges.map(({ params }) => params["CallStatus"]),
    ["ringing", "in-progress"],
  );
});

test("pressInGather: keys are collected until numDigits, finishOnKey or the timeout; without keys the next verb follows", () => {
  const replies = { "https://h/voice": '<Gather action="/k" timeout="2"/><Say>none</Say>', "https://h/k": "" };
  const pressed = virtualLine(replies);
  for (const digit of "42#") pressed.command({ type: "press", digit });
  assertEquals(pressed.call.exchanges[1]?.params["Digits"], "42");
  const slow = virtualLine(replies);
  slow.advance(1_000);
  slow.command({ type: "press", digit: "7" });
  slow.advance(1_999);
  assertEquals(slow.requests.length, 1);
  slow.advance(1);
  assertEquals(slow.call.exchanges[1]?.params["Digits"], "7");
  const silent = virtualLine(replies);
  silent.advance(2_000);
  assertEquals(lineOf(silent.call), ["say none", "hangup server"]);
});
