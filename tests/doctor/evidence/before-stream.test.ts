// Which verbs before <Connect><Stream> keep a call from it.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { obstacleBeforeStream } from "../../../src/doctor/evidence/before-stream.ts";
import { readTwiml } from "../../../src/protocol/twiml/reader.ts";

const connect = '<Connect><Stream url="wss://a.net/s"/></Connect>';

function obstacle(before: string, after = "") {
  const root = readTwiml(`<Response>${before}${connect}${after}</Response>`);
  assert(!("bad" in root));
  return obstacleBeforeStream(root);
}

const blocking = [
  ["<Say>Hi</Say><Hangup/>", "twiml-ends-before-stream", false],
  ["<Redirect>/b</Redirect>", "twiml-ends-before-stream", false],
  ["<Reject/>", "twiml-rejects", false],
  ["<Enqueue>support</Enqueue>", "twiml-holds-before-stream", false],
  ["<Record/>", "twiml-holds-before-stream", false],
  ['<Play loop="0">a.mp3</Play>', "twiml-holds-before-stream", false],
  ['<Dial action="/b">+15005550006</Dial>', "twiml-holds-before-stream", false],
  ["<Dial>+15005550006</Dial>", "twiml-holds-before-stream", true],
  ['<Pause length="30"/>', "twiml-holds-before-stream", true],
  ['<Pause length="3"/><Say>Wait</Say><Pause length="3"/>', "twiml-holds-before-stream", true],
  ["<Dial>+15005550006</Dial><Hangup/>", "twiml-ends-before-stream", false],
] as const;
for (const [before, cause, mayPass] of blocking) {
  test(`obstacleBeforeStream: ${before}: ${cause}`, () => {
    const found = obstacle(before);
    assertEquals([found?.cause, found?.mayPass], [cause, mayPass]);
  });
}

for (const before of ["", "<Say>Hi</Say><Pause/>", "<Start><Stream url='wss://b.net/s'/></Start>", "<Gather/>", '<Play digits="1"/>']) {
  test(`obstacleBeforeStream: ${before || "nothing"}: none`, () => assertEquals(obstacle(before), undefined));
}

test("obstacleBeforeStream: what follows the stream does not matter", () => {
  assertEquals(obstacle("", "<Hangup/>"), undefined);
});
