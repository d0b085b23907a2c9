// The TwiML documents of a call, and its stream element.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { documentsOf, elementsOf, streamElement } from "../../../src/doctor/evidence/documents.ts";
import { goodTwiml, madeCall, madeExchange } from "../../selftest/checks/made.ts";

const say = "<Response><Say>Hello.</Say></Response>";

test("documentsOf: the webhook's in order, or the one that the call was placed with", () => {
  const call = madeCall({ exchanges: [madeExchange(say), madeExchange("no", 500), madeExchange(goodTwiml)] });
  assertEquals(
    documentsOf(call).map(({ root }) => elementsOf(root).length),
    [2, 5],
  );
  assertEquals(documentsOf(madeCall({ exchanges: [] }, { twiml: say })).length, 1);
  assertEquals(documentsOf(madeCall({ exchanges: [] }, { twiml: "<broken" })), []);
});

test("streamElement: of <Connect>, not of <Start>", () => {
  const [good] = documentsOf(madeCall());
  assertEquals(good === undefined ? undefined : streamElement(good.root)?.attributes["url"], "wss://voice.example/twilio/realtime");
  const [oneWay] = documentsOf(madeCall({ exchanges: [madeExchange('<Response><Start><Stream url="wss://a/"/></Start></Response>')] }));
  assertEquals(oneWay && streamElement(oneWay.root), undefined);
});
