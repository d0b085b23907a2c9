// What is read off a call: its documents, its stream, the request it is judged by.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import {
  documentExchanges,
  documentsOf,
  elementsOf,
  judgedExchange,
  leadingExchanges,
  streamElement,
} from "../../../src/doctor/evidence/documents.ts";
import { goodTwiml, madeCall, madeExchange } from "../../selftest/checks/made.ts";

const say = "<Response><Say>Hello.</Say></Response>";

test("documentsOf: those of the webhook in order, and one that came with the call", () => {
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

test("judgedExchange: the first that failed, else the last before the stream; callbacks and what follows the stream do not count", () => {
  const bad = madeExchange("no", 500, { id: 2 });
  const late = madeExchange("no", 500, { id: 3, purpose: "action", atMs: 9_000 });
  const status = madeExchange("", 500, { id: 4, purpose: "streamStatus" });
  const call = madeCall({ exchanges: [madeExchange(say), bad, status, late] });
  assertEquals([documentExchanges(call).length, leadingExchanges(call).length, judgedExchange(call)?.id], [3, 2, 2]);
  assertEquals(judgedExchange(madeCall({ exchanges: [madeExchange(say), late] }))?.id, 1);
  assertEquals(judgedExchange(madeCall({ exchanges: [] })), undefined);
});
