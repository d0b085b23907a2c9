// The connections of a call to its model: which one an effect goes to, and what remains of a closed one.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import type { ModelEvent } from "../../../src/call/events.ts";
import type { ModelListener } from "../../../src/call/ports.ts";
import { ModelLinks } from "../../../src/server/calls/model-links.ts";
import { manualClock } from "../../support/manual-clock.ts";

function makeLinks(): { links: ModelLinks; received: string[]; taken: ModelEvent[]; listeners: ModelListener[] } {
  const received: string[] = [];
  const taken: ModelEvent[] = [];
  const listeners: ModelListener[] = [];
  const dialler = {
    name: "a fake",
    dial(_callSid: string, _identifier: string, listener: ModelListener) {
      const number = listeners.push(listener);
      return {
        send: (text: string) => void received.push(`${number} ${JSON.parse(text).type}`),
        close: () => void received.push(`${number} close`),
      };
    },
  };
  const session = { instructions: "Be kind.", voice: "marin" };
  const links = new ModelLinks(
    { clock: manualClock(7), models: [{ dialler, session }] },
    { take: (event) => void taken.push(event as ModelEvent) },
  );
  return { links, received, taken, listeners };
}

test("ModelLinks.send: to the connection that the effect names, otherwise the current one; nowhere when that is closed", () => {
  const { links, received } = makeLinks();
  links.dial(1, 0, "CA1", "+15550100");
  links.dial(2, 0, "CA1", "+15550100");
  links.send({ type: "model.configure", epoch: 2, omit: [] }, 1);
  links.send({ type: "model.addMessage", epoch: 2, role: "user", text: "Hi." }, 1);
  links.send({ type: "model.cancel" }, 1);
  links.close(1);
  links.close(1);
  links.send({ type: "model.cancel" }, 1);
  links.send({ type: "model.cancel" }, 2);
  assertEquals(received, ["2 session.update", "2 conversation.item.create", "1 response.cancel", "1 close", "2 response.cancel"]);
});

test("ModelLinks: events have their connection's number, also after its close", () => {
  const { links, taken, listeners } = makeLinks();
  links.dial(4, 0, "CA1", "+15550100");
  listeners[0]?.opened();
  links.close(4);
  listeners[0]?.closed({
    code: 1006,
    reason: "gone",
    httpStatus: 429,
    failure: "refused",
    errorCode: "insufficient_quota",
    retryAfterMs: 5,
  });
  const at = { atMs: 7, epoch: 4 };
  const end = { code: 1006, reason: "gone", httpStatus: 429, failure: "refused", errorCode: "insufficient_quota", retryAfterMs: 5 };
  assertEquals(taken, [
    { type: "model.opened", ...at },
    { type: "model.lost", ...at, ...end },
  ]);
});

test("ModelLinks.closeAll: closes each connection once, except those that ended", () => {
  const { links, received, listeners } = makeLinks();
  for (const epoch of [1, 2, 3]) links.dial(epoch, 0, "CA1", "+15550100");
  listeners[1]?.closed({ code: 1006, reason: "", httpStatus: undefined, failure: undefined });
  links.closeAll();
  links.closeAll();
  assertEquals(received, ["1 close", "3 close"]);
});
