// What one run of `voice doctor` collects about a server, and what its checks make of it. Types only: probe/ collects
// the evidence, the files beside this one answer questions about it, and checks/ judges it.

import type { HttpHead } from "../../protocol/http/message.ts";
import type { Check, Finding, Judgement } from "../../report/finding.ts";
import type { StreamViolation } from "../../simulators/twilio/telephone/inputs-outputs.ts";
import type { TelephoneCall } from "../../simulators/twilio/telephone/telephone-state.ts";
import type { NetworkFailure } from "../../simulators/twilio/webhook-answer.ts";
import type { CauseCode } from "../causes/causes.ts";

/** Undefined or empty: not tested. */
export interface Evidence {
  /** The URL as given. `stream`: a wss or ws URL, so there is no webhook. */
  readonly target: { readonly url: string; readonly kind: "webhook" | "stream" };
  readonly nowMs: number;
  readonly hasToken: boolean;
  /** `--insecure`: certificates are not judged. */
  readonly insecure: boolean;
  /** The server is on this machine or network, so http, ws and private addresses are accepted. */
  readonly isLocalTrial: boolean;
  /** In order. The first is the one that the server is judged by. */
  readonly calls: readonly DoctorCall[];
  /** Calls that failed before the first of `calls`, which got further: the server was not awake yet. */
  readonly failedBefore?: readonly DoctorCall[];
  /** Requests after the calls, which show whether the server survived them. */
  readonly afterwards?: Afterwards;
  readonly webhookHost: HostFacts | undefined;
  readonly webhookTries: readonly WebhookTry[];
  /** The status with which the webhook refused POST, before it was called with GET. */
  readonly postRefusedStatus?: number;
  /** The recordings in the first call's documents. */
  readonly plays?: readonly PlayTry[];
  /**
   * The stream's URL as the TwiML has it, and as it was dialled: absolute, without query and fragment. `signed`: the
   * URL that handshakes are signed for, where that is another.
   */
  readonly streamUrl: { readonly written: string; readonly dialled: string; readonly signed?: string } | undefined;
  readonly streamHost: HostFacts | undefined;
  /** For a stream that ended early and whose URL has a query: whether it lasts when the query is sent. */
  readonly lastsWithQuery?: boolean;
  /** The first is the call's own. */
  readonly handshakes: readonly HandshakeTry[];
  /** The hosts given with `--also`. */
  readonly also: readonly { readonly host: string; readonly facts: HostFacts; readonly handshake: HandshakeTry | undefined }[];
}

/** One telephone call, from its webhook (or its stream, for a wss URL) to its end. */
export interface DoctorCall {
  /** From 1. */
  readonly number: number;
  readonly call: TelephoneCall;
  /** On all of the call's streams, in order of time, including Twilio's media. */
  readonly frames: readonly StreamFrame[];
  readonly actions: readonly CallerAction[];
  /** Frames that were too many to keep. Undefined: none. */
  readonly droppedFrames?: number;
  /** The streams of both simultaneous calls ended at the same age: a limit ended this one, and not the other call. */
  readonly isLimited?: boolean;
  /** The frequency of the tone that the caller said, if any. */
  readonly toneHz?: number;
}

/** In order; a failed request is repeated once. Empty: not requested, because it failed in the call already. */
export interface Afterwards {
  readonly webhook: readonly WebhookTry[];
  readonly handshake: readonly HandshakeTry[];
}

/** A message on a stream's socket, or its end. `broken`: the server violated RFC 6455, or sent too much. */
export type StreamFrame =
  | { readonly atMs: number; readonly from: "server" | "twilio"; readonly type: "text"; readonly text: string }
  | { readonly atMs: number; readonly from: "server" | "twilio"; readonly type: "binary"; readonly bytes: number }
  | {
      readonly atMs: number;
      readonly from: "server";
      readonly type: "broken";
      readonly bad: string;
      readonly violation: StreamViolation;
    }
  | { readonly atMs: number; readonly from: "server"; readonly type: "closed"; readonly code: number; readonly reason: string };

/** Something that the doctor's caller did. What was spoken has an end, `untilMs`: the last audible word. */
export interface CallerAction {
  readonly name:
    | "opened"
    | "spoke"
    | "listened"
    | "interrupted"
    | "pinged"
    | "pressed"
    | "sent.unknown-field"
    | "sent.unknown-event"
    | "together"
    | "tone"
    | "hung-up";
  readonly atMs: number;
  readonly untilMs?: number;
}

/** A webhook request beside the call's own: unsigned, or signed for the URL as a proxy might present it. */
export interface WebhookTry {
  /**
   * "unsigned", or how the signed URL differs: "http in place of https", "with port 443", "with a trailing slash", ...
   */
  readonly variant: string;
  /** Undefined: not signed. */
  readonly signedUrl: string | undefined;
  readonly status: number | undefined;
  readonly failure?: ConnectionFailure;
  readonly isTwiml: boolean;
  /** Whether the TwiML has a stream. */
  readonly hasStream?: boolean;
  /** The beginning of the answer's body. */
  readonly body: string;
}

/** A recording that a `<Play>` names. */
export interface PlayTry {
  readonly url: string;
  readonly status: number | undefined;
  readonly contentType: string | undefined;
  readonly failure?: ConnectionFailure;
}

/** A WebSocket handshake on a connection of its own. */
export interface HandshakeTry {
  /**
   * How it differs from Twilio's.
   * - `twilio`: not at all. `again`: not at all, a moment later.
   * - `subprotocol`, `subprotocols`: it offers audio.twilio.com; that and another.
   * - `origin`, `query`: it sends an Origin; the query that Twilio strips.
   * - `unsigned`, `signed-slash`, `signed-https`: it has no signature; one for another spelling of the URL.
   * - `also`: it goes to another host. `after`: not at all, after the calls.
   */
  readonly variant:
    | ("twilio" | "again" | "subprotocol" | "subprotocols" | "origin" | "query")
    | ("unsigned" | "signed-slash" | "signed-https" | "also" | "after");
  readonly url: string;
  /** Subprotocols. */
  readonly offered: readonly string[];
  readonly atMs: number;
  /** Until the answer's head, or the failure. */
  readonly ms: number;
  /** The Sec-WebSocket-Key that was sent. */
  readonly key: string;
  readonly answer?: { readonly head: HttpHead; readonly body: string };
  readonly failure?: ConnectionFailure;
  /** The server ended the open socket at once, before anything was sent. Undefined: it did not, or nobody waited. */
  readonly ended?: string;
}

/** A URL's host: its addresses and its TLS. */
export interface HostFacts {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Undefined: the name resolved, or was not looked up. */
  readonly dnsFailure?: string;
  readonly dnsMs: number;
  readonly addresses: readonly AddressTry[];
  /** Undefined: plain http or ws, or no address accepted a connection. */
  readonly tls?: TlsFacts;
  /** The status of a plain HTTP answer at the port, where the TLS handshake failed. */
  readonly plainHttpStatus?: number;
}

/** A TCP connection to one of a host's addresses. */
export interface AddressTry {
  readonly address: string;
  readonly family: 4 | 6;
  readonly isPublic: boolean;
  readonly ms: number;
  /** Undefined: it connected. */
  readonly failure?: ConnectionFailure;
}

interface ConnectionFailure {
  readonly kind: NetworkFailure;
  readonly detail: string;
}

/** A host's TLS. The connection is made whether or not the certificate is trusted. */
export interface TlsFacts {
  /** "TLSv1.3"; undefined: the TLS handshake failed. */
  readonly version: string | undefined;
  /** Negotiated by ALPN. */
  readonly alpn: string | undefined;
  /** Why a client as strict as Twilio's refuses the connection. */
  readonly refusal?: { readonly kind: "expired" | "not-yet" | "name" | "self-signed" | "chain" | "handshake"; readonly detail: string };
  readonly subject: string;
  readonly issuer: string;
  /** The certificate's `DNS:` and `IP:` names. */
  readonly names: readonly string[];
  readonly notBeforeMs: number | undefined;
  readonly notAfterMs: number | undefined;
  /** How many certificates the server sent. */
  readonly chainLength: number;
  readonly ms: number;
}

/** The legs of a call, in order. */
export const STAGES = ["webhook", "twiml", "url", "handshake", "start", "media", "reply", "interrupt", "hangup"] as const;
export type Stage = (typeof STAGES)[number];

/** What a check says about its evidence. `expected` overrides the check's own. */
export type DoctorJudgement = Omit<Judgement<CauseCode>, "expected"> & Partial<Pick<Judgement, "expected">>;

/** A check as data. `expected`: in a few words. */
export interface DoctorCheck<E = Evidence> extends Omit<Check<E, Stage, CauseCode>, "judge">, Pick<Judgement, "expected"> {
  /** Pure: equal evidence, equal judgement. Never throws on evidence of a call that broke off. */
  judge(evidence: E): DoctorJudgement;
}

export type DoctorFinding = Finding<Stage, CauseCode>;
