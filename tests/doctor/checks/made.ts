// A doctor's evidence made by hand: of a call that went well, of which a test names what differs.

import { assert } from "@std/assert";
import type { CauseCode } from "../../../src/doctor/causes/causes.ts";
import type { DoctorCheck, Evidence, HandshakeTry, HostFacts, Judged } from "../../../src/doctor/evidence/evidence.ts";
import type { HttpFields } from "../../../src/protocol/http/message.ts";
import { acceptKey } from "../../../src/protocol/websocket/handshake.ts";
import type { HttpExchange, TelephoneCall } from "../../../src/simulators/twilio/telephone/telephone-state.ts";
import { madeCall, madeExchange } from "../../selftest/checks/made.ts";

/** 1 December 2026. */
export const NOW_MS = Date.UTC(2026, 11, 1);
const key = "dGhlIHNhbXBsZSBub25jZQ==";

/** A handshake that was answered by the book, but for what is named. */
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

/** A host that is all right, but for what is named. */
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

/** The evidence of a call that went well, but for what is named. */
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

/** A call whose webhook answered this, and that got no further. */
export function answeredCall(...exchanges: readonly HttpExchange[]): TelephoneCall {
  return madeCall({ exchanges, streams: [] });
}

/** A call whose webhook answered with this document. */
export function documentCall(twiml: string, type?: string): TelephoneCall {
  return answeredCall(madeExchange(twiml, 200, {}, type));
}

/** Judges by the check of that id, and compares the cause; "fine" and "untried" for those. */
export function assertCause(
  checks: readonly DoctorCheck[],
  id: string,
  evidence: Evidence,
  wanted: CauseCode | "fine" | "untried" | "no cause",
): Judged {
  const check = checks.find((one) => one.id === id);
  assert(check, `no check ${id}`);
  const judged = check.judge(evidence);
  const got = judged.ok === true ? "fine" : judged.ok === undefined ? "untried" : (judged.cause ?? "no cause");
  assert(got === wanted, `${id}: expected ${wanted}, got ${got}: ${judged.actual}`);
  return judged;
}
