// The TwiML of transfers, as Twilio gets it.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { dialTwiml, hangUpTwiml, screenTwiml } from "../../../src/protocol/twiml/dial.ts";

const head = '<?xml version="1.0" encoding="UTF-8"?>';
const people = {
  sentence: "One moment.",
  language: "en-US",
  targets: ["+15550170001", "sip:desk@pbx.example.com;transport=tls"],
  ringS: 20,
  callerId: "+15550001111",
  screenUrl: "screen",
  actionUrl: "after",
};

test("dialTwiml: people are dialled at the same time, and each is asked first", () => {
  assertEquals(
    dialTwiml(people),
    `${head}<Response><Say language="en-US">One moment.</Say>` +
      '<Dial action="after" method="POST" callerId="+15550001111" timeout="20" answerOnBridge="true">' +
      '<Number url="screen" method="POST">+15550170001</Number>' +
      '<Sip url="screen" method="POST">sip:desk@pbx.example.com;transport=tls</Sip></Dial></Response>',
  );
});

test("dialTwiml: nothing is said, shown, asked or reported unless it is wanted", () => {
  const plain = {
    ...people,
    sentence: undefined,
    callerId: undefined,
    screenUrl: undefined,
    actionUrl: undefined,
    targets: ["+15550170001"],
  };
  assertEquals(
    dialTwiml(plain),
    `${head}<Response><Dial timeout="20" answerOnBridge="true"><Number>+15550170001</Number></Dial></Response>`,
  );
});

test("screenTwiml: it is said twice within one <Gather> of one key, and then hung up", () => {
  const said = '<Say language="en-US">Ann &lt;calls&gt; &amp; waits. Press 1.</Say>';
  assertEquals(
    screenTwiml({ words: "Ann <calls> & waits.", ask: "Press 1.", language: "en-US", actionUrl: "screen" }),
    `${head}<Response><Gather numDigits="1" finishOnKey="" timeout="6" action="screen" method="POST">` +
      `${said}<Pause length="1"/>${said}</Gather><Hangup/></Response>`,
  );
});

test("screenTwiml: what the model wrote stays text", () => {
  const twiml = screenTwiml({ words: '</Say><Dial>+15550199999</Dial>\u0000"', ask: "Press 1.", language: "en-US", actionUrl: "screen" });
  assertStringIncludes(twiml, '&lt;/Say&gt;&lt;Dial&gt;+15550199999&lt;/Dial&gt;"');
});

test("hangUpTwiml: only a hang-up", () => assertEquals(hangUpTwiml(), `${head}<Response><Hangup/></Response>`));
