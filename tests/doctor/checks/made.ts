// Doctor evidence for tests: that of a healthy call, except for the fields that a test gives.

import { assert } from "@std/assert";
import type { CauseCode } from "../../../src/doctor/causes/causes.ts";
import type { DoctorCheck, DoctorJudgement, Evidence, HandshakeTry, HostFacts } from "../../../src/doctor/evidence/evidence.ts";
import type { HttpFields } from "../../../src/protocol/http/message.ts";
import { acceptKey } from "../../../src/protocol/websocket/handshake.ts";
import type { HttpExchange, TelephoneCall } from "../../../src/simulators/twilio/telephone/telephone-state.ts";
import { madeCall, madeExchange } from "../../selftest/checks/made.ts";

/** 1 December 2026. */
export const NOW_MS = Date.UTC(2026, 11, 1);
const key = "dGhlIHNhbXBsZSBub25jZQ==";

/** A correctly answered handshake, except for `fields`; `more` is added to the answer's headers. */
export function madeHandshake(fields: Partial<HandshakeTry> = {}, status = 101, more: HttpFields = []): HandshakeTry {
  const own: HttpFields = [
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Accept", acceptKey(key)],
  ];
  const head = { version: "1.1", status, reason: "", fields: [...(status === 101 ? own : []), ...more] };
  return {
    variant: "twilio",
    url: "wss://voice.example.net/s",
    offered: [],
    atMs: 0,
    ms: 20,
    key,
    answer: { head, body: "" },
    ...fields,
  };
}

export function madeHost(fields: Partial<HostFacts> = {}): HostFacts {
  return {
    url: "wss://voice.example.net/s",
    host: "voice.example.net",
    port: 443,
    dnsMs: 1,
    addresses: [{ address: "9.9.9.9", family: 4, isPublic: true, ms: 10 }],
    tls: {
      version: "TLSv1.3",
      alpn: "http/1.1",
      subject: "voice.example.net",
      issuer: "R3",
      names: ["DNS:voice.example.net"],
      notBeforeMs: NOW_MS - 86_400_000,
      notAfterMs: NOW_MS + 60 * 86_400_000,
      chainLength: 2,
      ms: 30,
    },
    ...fields,
  };
}

export function madeDoctorEvidence(fields: Partial<Evidence> = {}, call: TelephoneCall = madeCall()): Evidence {
  const url = "wss://voice.example.net/s";
  return {
    target: { url: "https://voice.example.net/twilio/voice", kind: "webhook" },
    nowMs: NOW_MS,
    hasToken: true,
    insecure: false,
    isLocalTrial: false,
    calls: [{ number: 1, call, frames: [], actions: [] }],
    webhookHost: madeHost(),
    webhookTries: [],
    streamUrl: { written: url, dialled: url },
    streamHost: madeHost(),
    handshakes: [madeHandshake()],
    also: [],
    ...fields,
  };
}

/** A call that ended after these exchanges, without a stream. */
export function answeredCall(...exchanges: readonly HttpExchange[]): TelephoneCall {
  return madeCall({ exchanges, streams: [] });
}

/** A call that ended after this TwiML document. */
export function documentCall(twiml: string, type?: string): TelephoneCall {
  return answeredCall(madeExchange(twiml, 200, {}, type));
}

/** Asserts what one check says: its cause, or "passed", "untested", or "no cause" for a failure without one. */
export function assertCause(
  checks: readonly DoctorCheck[],
  id: string,
  evidence: Evidence,
  wanted: CauseCode | "passed" | "untested" | "no cause",
): DoctorJudgement {
  const check = checks.find((one) => one.id === id);
  assert(check, `no check ${id}`);
  const judged = check.judge(evidence);
  const got = judged.ok === true ? "passed" : judged.ok === undefined ? "untested" : (judged.cause ?? "no cause");
  assert(got === wanted, `${id}: expected ${wanted}, got ${got}: ${judged.actual}`);
  return judged;
}
