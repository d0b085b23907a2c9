// The verdict of findings: the first fault on a call's path, and the exit code.

import { test } from "bun:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { CauseCode } from "../../../src/doctor/causes/causes.ts";
import { deduce, doctorExitCode } from "../../../src/doctor/causes/deduce.ts";
import type { DoctorFinding, Stage } from "../../../src/doctor/evidence/evidence.ts";
import type { ExitCode } from "../../../src/report/finding.ts";

function found(stage: Stage, cause: CauseCode | undefined, fields: Partial<DoctorFinding> = {}): DoctorFinding {
  const base = { id: `${stage}.x`, stage, level: "error", requirement: "", source: "", expected: "a", actual: "b" } as const;
  return { ...base, ...(cause === undefined ? {} : { cause }), ...fields };
}

test("deduce: without a fault the server is healthy", () => {
  const conclusion = deduce([found("webhook", undefined, { level: "ok" })]);
  assertEquals([conclusion.ok, conclusion.cause, conclusion.twilioError], [true, "healthy", null]);
});

test("deduce: the cause is the error that a call meets first, in any order of findings", () => {
  assertEquals(deduce([found("reply", "reply-none"), found("url", "url-tls-name"), found("media", "media-pcm16")]).cause, "url-tls-name");
});

test("deduce: a warning is the cause only without an error, and leaves ok true", () => {
  const warning = found("webhook", "webhook-accepts-unsigned", { level: "warning" });
  const alone = deduce([warning]);
  assertEquals([alone.ok, alone.cause], [true, "webhook-accepts-unsigned"]);
  assertEquals(deduce([warning, found("reply", "reply-none")]).cause, "reply-none");
  assertEquals(deduce([warning, found("hangup", "twiml-action-failed", { level: "warning" })]).cause, "twiml-action-failed");
  const risk = found("handshake", "url-query-stripped", { level: "warning" });
  assertEquals(deduce([warning, risk]).cause, "url-query-stripped");
  assertEquals(deduce([warning, risk, found("media", "media-stutter", { level: "warning" })]).cause, "media-stutter");
  assertEquals(deduce([found("url", "url-private", { level: "info" })]).cause, "healthy");
});

test("deduce: a call that opened no stream is never healthy, whatever the checks found", () => {
  const conclusion = deduce([found("webhook", "webhook-accepts-unsigned", { level: "warning" })], true);
  assertEquals([conclusion.ok, conclusion.cause], [false, "stream-not-opened"]);
  assertStringIncludes(conclusion.verdict, "because the call ended before a stream was opened");
  assertEquals(deduce([found("handshake", "handshake-status")], true).cause, "handshake-status");
});

test("deduce: only an answer to what the caller said is a conversation", () => {
  const reply = { id: "reply.latency", actual: "the stream ended 2 s later" };
  assertStringIncludes(deduce([found("reply", undefined, { ...reply, level: "ok" })]).verdict, "would have a conversation");
  const announcement = deduce([found("reply", undefined, { ...reply, level: "untested" })]);
  assertEquals(announcement.verdict, "No fault was found, but no conversation was seen: the stream ended 2 s later.");
});

test("deduce: a server that accepts only signed requests is neither ok nor broken", () => {
  const conclusion = deduce([found("webhook", "needs-token"), found("twiml", "twiml-no-stream")]);
  assertEquals([conclusion.ok, conclusion.cause], [null, "needs-token"]);
});

test("deduce: the finding's own code and fix override the cause's", () => {
  const { fix, twilioError, verdict } = deduce([found("handshake", "handshake-status", { twilioCode: 31924, fix: { text: "do this" } })]);
  assertEquals([fix, twilioError], ["do this", 31924]);
  assertStringIncludes(
    verdict,
    "A caller hears a moment of silence, then the line drops, because the server rejects the WebSocket handshake",
  );
});

const codes: readonly (readonly [findings: readonly DoctorFinding[], kind: "webhook" | "stream", strict: boolean, code: ExitCode])[] = [
  [[], "webhook", false, 0],
  [[found("reply", "reply-none")], "webhook", false, 1],
  [[found("webhook", "webhook-dns")], "webhook", false, 3],
  [[found("webhook", "needs-token")], "webhook", false, 3],
  [[found("url", "url-refused")], "webhook", false, 1],
  [[found("url", "url-refused")], "stream", false, 3],
  [[found("webhook", "webhook-accepts-unsigned", { level: "warning" })], "webhook", false, 0],
  [[found("webhook", "webhook-accepts-unsigned", { level: "warning" })], "webhook", true, 1],
];
for (const [findings, kind, strict, code] of codes) {
  test(`doctorExitCode: ${findings[0]?.cause ?? "nothing"}, ${kind}${strict ? ", --strict" : ""}: ${code}`, () => {
    assertEquals(doctorExitCode(findings, deduce(findings), kind, strict), code);
  });
}

const legs = (["handshake", "start", "media", "reply"] as const).map((stage) => found(stage, undefined, { level: "ok" }));
const replied = found("reply", undefined, { level: "ok", id: "reply.latency", actual: "0.90 s after the caller's last word" });

test("deduce: healthy only when each leg was tried, else the reason", () => {
  const interrupted = found("interrupt", undefined, { level: "ok" });
  assertStringIncludes(
    deduce([...legs, replied, interrupted]).verdict,
    "Healthy: a caller would have a conversation (the reply came 0.90 s",
  );
  const untried = found("interrupt", undefined, { level: "untested", actual: "no reply was long enough" });
  assertStringIncludes(deduce([...legs, replied, untried]).verdict, "not everything could be tried: interrupt (no reply was long enough)");
  const { verdict, callerHears } = deduce([...legs], false, () => "a greeting, then the line drops");
  assertStringIncludes(verdict, "no conversation was seen. A caller hears a greeting, then the line drops.");
  assertEquals(callerHears, "a greeting, then the line drops");
});

test("deduce: a healthy verdict says how long the stream was open, or how the server ended it", () => {
  const interrupted = found("interrupt", undefined, { level: "ok" });
  const verdictOf = (actual: string): string =>
    deduce([...legs, replied, interrupted, found("start", undefined, { level: "ok", id: "start.stays-open", actual })]).verdict;
  assertStringIncludes(
    verdictOf("open for 21.8 s, until the caller hung up"),
    "; the stream was open for 21.8 s, until the caller hung up)",
  );
  assertStringIncludes(verdictOf("the server hung up 13.3 s after start"), "last word; the server hung up 13.3 s after start)");
});

test("deduce: what the caller heard in the call replaces the cause's own words", () => {
  const { verdict } = deduce([found("reply", "stream-silent")], false, (cause) =>
    cause === "stream-silent" ? "9.00 s of silence" : undefined,
  );
  assertStringIncludes(verdict, "A caller hears 9.00 s of silence, because the server receives");
});
