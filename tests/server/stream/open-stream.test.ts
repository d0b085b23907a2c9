// Streams from the upgrade to the call: what is passed on, to which call, and what is logged. No network.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { INSTANCE_HEADER } from "../../../src/server/stream/open-stream.ts";
import { ACCOUNT_SID, callSidOf, makeDesk, offer, STREAM_SID, startText } from "../fakes.ts";

const connected = JSON.stringify({ event: "connected", protocol: "Call", version: "1.0.0" });

test("CallerStream: a start with its token is attached, and everything after it is passed on", async () => {
  const desk = makeDesk();
  const token = await offer(desk, 1);
  const { listener, socket } = desk.stream();
  listener.text(connected);
  listener.text(startText(1, token));
  listener.text(
    JSON.stringify({ event: "stop", sequenceNumber: "2", streamSid: STREAM_SID, stop: { accountSid: ACCOUNT_SID, callSid: callSidOf(1) } }),
  );
  listener.text("not JSON");
  listener.binary(7);
  listener.closed(1006, "");
  assertEquals(desk.made.get(callSidOf(1))?.received, [
    "requestStream, prewarm",
    `attach ${STREAM_SID}`,
    "stop",
    "bad",
    "binary 7",
    "closed 1006",
  ]);
  assertEquals(desk.events(), ["webhook.answered", "stream.requested", "stream.accepted", "stream.started"]);
  assertEquals(socket.closedWith, undefined);
  assertEquals(desk.pending.size, 0);
});

test("CallerStream: a call that closes the socket during attach receives the close", async () => {
  const desk = makeDesk();
  const token = await offer(desk, 1);
  const call = desk.made.get(callSidOf(1));
  if (call !== undefined) call.closesAtOnce = true;
  const { listener, socket } = desk.stream();
  listener.text(startText(1, token));
  assertEquals(socket.closedWith?.[0], 1000);
  assertEquals(call?.received, ["requestStream, prewarm", `attach ${STREAM_SID}`, "closed 1000"]);
  assertEquals(desk.events().at(-1), "stream.started");
});

test("CallerStream: what a rejected socket still sends is dropped, and nothing remains of it", () => {
  const desk = makeDesk();
  const { listener } = desk.stream();
  listener.text(startText(1, undefined));
  listener.text(startText(1, undefined));
  listener.binary(100_000);
  assertEquals(desk.events().filter((event) => event === "stream.rejected").length, 1);
  assertEquals(desk.clock.pending, 0);
});

test("openStream: the 101 has the instance that /healthz reports", async () => {
  const desk = makeDesk();
  const health = (await (await desk.fetch("/healthz")).json()) as { instance: string };
  assertEquals(desk.stream().headers, { [INSTANCE_HEADER]: health.instance });
});

for (const [offered, chosen] of [
  [undefined, undefined],
  ["audio.twilio.com", "audio.twilio.com"],
  ["foo, audio.twilio.com, bar", "audio.twilio.com"],
  ["foo, bar", "foo"],
]) {
  test(`openStream: offered ${offered}, the selected subprotocol is ${chosen}`, () => {
    const headers: Record<string, string> = offered === undefined ? {} : { "sec-websocket-protocol": offered };
    assertEquals(makeDesk().stream(headers).protocol, chosen);
  });
}

test("CallerStream: a start that cannot be read is rejected at once, with the field at fault and not its content", () => {
  const start = JSON.parse(startText(1, "secret-token"));
  start.start.mediaFormat.sampleRate = "8000";
  const table = [
    [start, "start cannot be read: start.mediaFormat.sampleRate: expected a number, got string"],
    [{ ...start, start: "x" }, "start cannot be read: start: expected an object, got string"],
    [{ event: "start" }, "start cannot be read: sequenceNumber: expected a decimal string, got nothing"],
  ] as const;
  for (const [message, reason] of table) {
    const desk = makeDesk();
    const { listener, socket } = desk.stream();
    listener.text(JSON.stringify(message));
    assertEquals(socket.closedWith, [1008, reason]);
    assertEquals(desk.lines.at(-1)?.fields["reason"], reason);
  }
});

test("CallerStream: the first message that could not be read is in the log when the socket is rejected", () => {
  const desk = makeDesk();
  const { listener } = desk.stream();
  listener.text("[]");
  listener.text("{}");
  listener.text(startText(1, undefined));
  assertEquals(desk.lines.at(-1)?.fields["bad"], "message: expected a JSON object, got array");
});
