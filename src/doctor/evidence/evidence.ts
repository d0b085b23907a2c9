// The evidence that one run of `voice doctor` collects about a server, as types. Not the checks (../checks, one file per leg), not the causes
// (../causes), and not the code that collects it (../probe).

import type { HttpHead } from "../../protocol/http/message.ts";
import type { Check, Finding, Judgement } from "../../report/finding.ts";
import type { TelephoneCall } from "../../simulators/twilio/telephone/telephone-state.ts";
import type { NetworkFailure } from "../../simulators/twilio/webhook-answer.ts";
import type { CauseCode } from "../causes/causes.ts";

/** The legs of a call, in the order in which it passes them. */
export const STAGES = ["webhook", "twiml", "url", "handshake", "start", "media", "reply", "interrupt", "hangup"] as const;

/** A leg of a call. */
export type Stage = (typeof STAGES)[number];

export type Judged = Judgement<CauseCode>;
export type DoctorFinding = Finding<Stage, CauseCode>;
export type DoctorCheck<E = Evidence> = Check<E, Stage, CauseCode>;

/** One message on a stream's socket, or its end. */
export type StreamFrame =
  | { readonly atMs: number; readonly from: "server" | "twilio"; readonly type: "text"; readonly text: string }
  | { readonly atMs: number; readonly from: "server" | "twilio"; readonly type: "binary"; readonly bytes: number }
  | { readonly atMs: number; readonly from: "server"; readonly type: "broken"; readonly bad: string }
  | { readonly atMs: number; readonly from: "server"; readonly type: "closed"; readonly code: number; readonly reason: string };

/** Something that the doctor's caller did, when, and until when: "spoke", "interrupted", "pressed", "sent.mark", "sent.unknown-event", "hung-up", ... */
export interface CallerAction {
  readonly name: string;
  readonly atMs: number;
  readonly untilMs?: number;
}

/** One telephone call that the doctor made, from its webhook (or its stream, with a wss URL) to the end. */
export interface DoctorCall {
  /** From 1. The first is the one that everything else is judged by. */
  readonly number: number;
  readonly call: TelephoneCall;
  /** Of all its streams, in order of time; media from Twilio too. */
  readonly frames: readonly StreamFrame[];
  readonly actions: readonly CallerAction[];
  /** What the caller said in all, PCMU, to render both sides; and the tone put in, where it was one. */
  readonly toneHz?: number;
}

/** How one address of a host answers TCP. */
export interface AddressTry {
  readonly address: string;
  readonly family: 4 | 6;
  readonly isPublic: boolean;
  readonly ms: number;
  /** Undefined: it connected. */
  readonly failure?: { readonly kind: NetworkFailure; readonly detail: string };
}

/** What TLS says of a host, its certificate unjudged by the runtime: the connection is made in any case. */
export interface TlsFacts {
  /** "TLSv1.3"; undefined when there was no handshake at all. */
  readonly version: string | undefined;
  /** Negotiated by ALPN; undefined: none. */
  readonly alpn: string | undefined;
  /** Why a client as strict as Twilio's refuses; undefined: it does not. */
  readonly refusal?: { readonly kind: "expired" | "not-yet" | "name" | "self-signed" | "chain" | "handshake"; readonly detail: string };
  readonly subject: string;
  readonly issuer: string;
  /** DNS:… and IP:… of the certificate. */
  readonly names: readonly string[];
  readonly notBeforeMs: number | undefined;
  readonly notAfterMs: number | undefined;
  /** Certificates that the server sent. */
  readonly chainLength: number;
  readonly ms: number;
}

/** What is known of a URL's host before anything is asked of it. */
export interface HostFacts {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Undefined: a literal address, or not looked up. */
  readonly dnsFailure?: string;
  readonly dnsMs: number;
  readonly addresses: readonly AddressTry[];
  /** Undefined: plain http or ws, or no address took the connection. */
  readonly tls?: TlsFacts;
}

/** One WebSocket handshake on a raw connection of its own. */
export interface HandshakeTry {
  /** `twilio`: to the letter. `again`: the same once more. `subprotocol`, `subprotocols`: offering audio.twilio.com, and that with another. `origin`: with an Origin. `query`: with the query that Twilio strips. `unsigned`: without signature. `signed-slash`, `signed-https`: signed for another spelling of the URL. `also`: on another host. */
  readonly variant:
    | "twilio"
    | "again"
    | "subprotocol"
    | "subprotocols"
    | "origin"
    | "query"
    | "unsigned"
    | "signed-slash"
    | "signed-https"
    | "also";
  readonly url: string;
  readonly offered: readonly string[];
  readonly atMs: number;
  /** Until the answer's head, or the failure. */
  readonly ms: number;
  /** Sec-WebSocket-Key that was sent. */
  readonly key: string;
  readonly answer?: { readonly head: HttpHead; readonly body: string };
  readonly failure?: { readonly kind: NetworkFailure; readonly detail: string };
}

/** A webhook request tried beside the call's own: unsigned, or signed for a URL as a proxy would make it look. */
export interface WebhookTry {
  /** "unsigned", or how the signed URL differs: "http in place of https", "with port 443", "with a trailing slash", ... */
  readonly variant: string;
  /** What was signed; undefined: nothing. */
  readonly signedUrl: string | undefined;
  readonly status: number | undefined;
  readonly failure?: { readonly kind: NetworkFailure; readonly detail: string };
  /** Whether the answer was TwiML, and whether that names a stream. */
  readonly isTwiml: boolean;
  readonly hasStream?: boolean;
  /** The beginning of the answer's body. */
  readonly body: string;
}

/** A recording that a `<Play>` names, fetched. */
export interface PlayTry {
  readonly url: string;
  readonly status: number | undefined;
  readonly contentType: string | undefined;
  readonly failure?: { readonly kind: NetworkFailure; readonly detail: string };
}

/** All that one run has gathered. What was not tried is undefined or empty. */
export interface Evidence {
  /** The URL as given. `stream`: a wss or ws URL, there is no webhook. */
  readonly target: { readonly url: string; readonly kind: "webhook" | "stream" };
  readonly nowMs: number;
  readonly hasToken: boolean;
  /** `--insecure`: certificates are not judged. */
  readonly insecure: boolean;
  /** The server is on this machine or network: http, ws and private addresses are taken for what they are. */
  readonly isLocalTrial: boolean;
  /** Calls in order; empty when there was none. */
  readonly calls: readonly DoctorCall[];
  readonly webhookHost: HostFacts | undefined;
  readonly webhookTries: readonly WebhookTry[];
  /** The status with which the webhook refused POST, before it was called by GET. */
  readonly postRefusedStatus?: number;
  /** Of the first call's documents. */
  readonly plays?: readonly PlayTry[];
  /** The stream's URL as the TwiML has it, and as Twilio dials it (relative made absolute, query and fragment gone). */
  readonly streamUrl: { readonly written: string; readonly dialled: string } | undefined;
  readonly streamHost: HostFacts | undefined;
  /** Of a stream that ended early and has a query in its URL: whether it lasts when the query is sent. */
  readonly lastsWithQuery?: boolean;
  readonly handshakes: readonly HandshakeTry[];
  /** Hosts of `--also`, each with its handshake's variant `also` in order. */
  readonly also: readonly { readonly host: string; readonly facts: HostFacts; readonly handshake: HandshakeTry | undefined }[];
}
