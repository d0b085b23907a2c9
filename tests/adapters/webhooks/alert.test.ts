// Alerts to a real local server, on a manual clock: the signature, the limit per minute, and the bounds.

import { test } from "bun:test";
import { createHmac } from "node:crypto";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import * as platform from "#platform";
import {
  ALERT_EVERY_MS,
  ALERT_TIMEOUT_MS,
  type AlertBody,
  type AlertCause,
  MAX_ALERTS_WAITING,
  makeAlert,
  signAlert,
} from "../../../src/adapters/webhooks/alert.ts";
import type { LogFields, LogLevel } from "../../../src/call/effects.ts";
import { manualClock } from "../../support/manual-clock.ts";

const AUTH_TOKEN = "0123456789abcdef0123456789abcdef";

interface Received {
  readonly request: Request;
  readonly text: string;
}

/** A receiver of alerts, and the log. `until` waits for either. */
function rig({ answer = () => new Response(null), authToken }: { answer?: () => Response | Promise<Response>; authToken?: string } = {}) {
  const received: Received[] = [];
  const lines: { level: LogLevel; event: string; fields: LogFields }[] = [];
  let happened = (): void => {};
  const until = async (isThere: () => boolean): Promise<void> => {
    while (!isThere()) {
      await new Promise<void>((resolve) => {
        happened = resolve;
      });
    }
  };
  const listening = platform.listen({
    hostname: "127.0.0.1",
    port: 0,
    maxMessageBytes: 1,
    async fetch(request) {
      received.push({ request, text: await request.text() });
      happened();
      return answer();
    },
    failed: () => new Response(null, { status: 500 }),
    threw: () => {},
  });
  const clock = manualClock();
  const alert = makeAlert({
    url: `http://127.0.0.1:${listening.port}/alerts?by=voice`,
    authToken,
    instance: "i-1",
    clock,
    log(level, event, fields) {
      lines.push({ level, event, fields });
      happened();
    },
  });
  const bodies = (): AlertBody[] => received.map(({ text }) => JSON.parse(text) as AlertBody);
  return { alert, clock, received, bodies, lines, until, stop: () => listening.stopNow() };
}

test("makeAlert: the detail has no number in full, no key, and nothing that a reader cannot see", async () => {
  const { alert, bodies, lines, until, stop } = rig();
  alert("transferFailed", "+15551234567 did not answer\u{202e}; sk-proj-abcdef123456", "CA1");
  await until(() => lines.length === 1);
  assertEquals(bodies()[0]?.detail, "+1555***4567 did not answer\\u202e; [masked]");
  await stop();
});

test("makeAlert: sends cause, fix, detail, count, call, time and instance, signed under a derived key", async () => {
  const { alert, clock, received, lines, until, stop } = rig({ authToken: AUTH_TOKEN });
  alert("modelRefused", "invalid_api_key", "CA1");
  await until(() => lines.length === 1);
  const [first] = received;
  const { fix, ...rest } = JSON.parse(first?.text ?? "{}") as AlertBody;
  assertEquals<unknown>(rest, {
    cause: "modelRefused",
    detail: "invalid_api_key",
    count: 1,
    callSid: "CA1",
    atMs: clock.nowMs(),
    instance: "i-1",
  });
  assertStringIncludes(fix, "OPENAI_API_KEY");
  const key = createHmac("sha256", AUTH_TOKEN).update("voice alert 1").digest();
  const signature = `sha256=${createHmac("sha256", key)
    .update(first?.text ?? "")
    .digest("hex")}`;
  assertEquals(first?.request.headers.get("x-voice-signature"), signature);
  assertEquals(signAlert(AUTH_TOKEN, first?.text ?? ""), signature);
  assertEquals([first?.request.method, first?.request.headers.get("content-type")], ["POST", "application/json"]);
  assertEquals(lines, [{ level: "info", event: "alert.sent", fields: { cause: "modelRefused", count: 1 } }]);
  assertEquals(clock.pending, 0);
  await stop();
});

test("makeAlert: without an auth token alerts are not signed", async () => {
  const { alert, received, until, stop } = rig();
  alert("bug", "", undefined);
  await until(() => received.length === 1);
  assertEquals(received[0]?.request.headers.get("x-voice-signature"), null);
  await stop();
});

test("makeAlert: a cause is sent once a minute, with the number of occurrences; another cause is sent at once", async () => {
  const { alert, clock, bodies, until, stop } = rig();
  for (let n = 0; n < 5; n++) alert("modelSilent", "", "CA1");
  alert("full", "", "CA2");
  await until(() => bodies().length === 2);
  clock.advance(ALERT_EVERY_MS - 1);
  alert("modelSilent", "", "CA3");
  clock.advance(1);
  alert("modelSilent", "", "CA4");
  await until(() => bodies().length === 3);
  assertEquals(
    bodies().map(({ cause, count, callSid }) => [cause, count, callSid]),
    [
      ["modelSilent", 1, "CA1"],
      ["full", 1, "CA2"],
      ["modelSilent", 6, "CA4"],
    ],
  );
  await stop();
});

test("makeAlert: a redirect is not followed, an error is logged, and the next alert goes out", async () => {
  const answers = [
    new Response(null, { status: 302, headers: { location: "/elsewhere" } }),
    new Response("no", { status: 500 }),
    new Response(null),
  ];
  const { alert, received, lines, until, stop } = rig({ answer: () => answers.shift() ?? new Response(null) });
  for (const cause of ["bug", "full", "drained"] as const) alert(cause, "", undefined);
  await until(() => lines.length === 3);
  assertEquals(
    received.map(({ request }) => new URL(request.url).pathname),
    ["/alerts", "/alerts", "/alerts"],
  );
  assertEquals(
    lines.map(({ event, fields }) => [event, fields.reason]),
    [
      ["alert.failed", "answered 302"],
      ["alert.failed", "answered 500"],
      ["alert.sent", undefined],
    ],
  );
  await stop();
});

test("makeAlert: a receiver that does not answer in time is given up", async () => {
  const { alert, clock, received, lines, until, stop } = rig({ answer: () => new Promise<Response>(() => {}) });
  alert("bug", "", undefined);
  await until(() => received.length === 1);
  clock.advance(ALERT_TIMEOUT_MS);
  await until(() => lines.length === 1);
  assertEquals([lines[0]?.event, lines[0]?.fields.reason], ["alert.failed", "no answer within 5 s"]);
  assertEquals(clock.pending, 0);
  await stop();
});

test("makeAlert: the queue is bounded; what was not sent is counted in the next alert of its cause", async () => {
  const causes: readonly AlertCause[] = [
    ...([
      "hangup",
      "streamNeverStarted",
      "unsupportedFormat",
      "streamLost",
      "modelRefused",
      "modelUnreachable",
      "modelSilent",
      "modelFailed",
    ] as const),
    ...(["drained", "bug", "full", "outOfMemory", "misconfigured", "twilioError", "transferFailed", "unknownCall"] as const),
  ];
  assert(causes.length >= MAX_ALERTS_WAITING);
  const { alert, clock, bodies, lines, until, stop } = rig();
  // The first is being sent; all others wait.
  alert("bug", "", undefined);
  clock.advance(ALERT_EVERY_MS);
  for (const cause of causes) alert(cause, "", undefined);
  clock.advance(ALERT_EVERY_MS);
  alert("bug", "", undefined);
  assertEquals(bodies().length, 0);
  await until(() => lines.length === 1 + causes.length);
  assertEquals(clock.pending, 0);
  clock.advance(ALERT_EVERY_MS);
  alert("bug", "", undefined);
  await until(() => lines.length === 2 + causes.length);
  assertEquals(bodies().at(-1)?.count, 2);
  await stop();
});

test("makeAlert: an unreachable receiver is logged", async () => {
  const { alert, lines, until, stop } = rig();
  await stop();
  alert("bug", "", undefined);
  await until(() => lines.length === 1);
  assertEquals([lines[0]?.level, lines[0]?.event], ["warning", "alert.failed"]);
});

test("makeAlert: without a URL it does nothing", () => {
  const clock = manualClock();
  makeAlert({ url: undefined, authToken: AUTH_TOKEN, instance: "", clock, log: () => assert(false) })("bug", "", undefined);
  assertEquals(clock.pending, 0);
});
