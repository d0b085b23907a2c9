// What `voice doctor` knows of a server and what it says of it, as types: the evidence of one run, the findings, and a check as data. Not the checks
// (doctor-*.ts, one file a leg), not the causes (causes.ts), and not what collects the evidence (commands/doctor/).

import type { HttpHead } from "../../protocol/http/message.ts";
import type { TelephoneCall } from "../../simulators/twilio/telephone/telephone-state.ts";
import type { NetworkFailure } from "../../simulators/twilio/webhook-answer.ts";
import type { CauseCode } from "../causes/causes.ts";

/** The legs of a call, in the order in which it passes them. */
export const STAGES = ["webhook", "twiml", "url", "handshake", "start", "media", "reply", "interrupt", "hangup"] as const;

/** A leg of a call. */
export type Stage = (typeof STAGES)[number];

/** `error`: calls fail, or their callers suffer. `warning`: they will under circumstances. `advice`: nothing is wrong. */
export type Level = "error" | "warning" | "advice";

/** The usual stacks of such servers. */
export type Stack = "express-ws" | "fastify" | "fastapi" | "flask" | "hono-bun";

/** What to do: for everybody, and where the stacks differ, for each. */
export interface Fix {
  readonly text: string;
  readonly stacks?: Partial<Readonly<Record<Stack, string>>>;
}

/** What a check finds in the evidence. */
export interface Judged {
  /** Undefined: could not be tried, because the call did not get so far, or what it takes was not given. */
  readonly ok: boolean | undefined;
  /** One line each, for people. */
  readonly expected: string;
  readonly actual: string;
  /** Lines of evidence: requests, answers, frames, times. */
  readonly evidence?: readonly string[];
  /** What Twilio's console would show. */
  readonly twilioCode?: number;
  readonly fix?: Fix;
  readonly ms?: number;
  /** Of a check that is not ok: the cause for which the evidence speaks. */
  readonly cause?: CauseCode;
  /** In place of the check's own, where the evidence makes it better or worse. */
  readonly level?: Level;
}

/** What the report has of a check. */
export interface Finding extends Judged {
  readonly id: string;
  readonly stage: Stage;
  readonly level: Level;
  /** One sentence. */
  readonly requirement: string;
  /** URL or RFC section. */
  readonly source: string;
}

/** Something that a server owes to its callers, and how to see in the evidence whether it has paid. */
export interface DoctorCheck<E = Evidence> {
  /** Stable, dotted: "url.tls". */
  readonly id: string;
  readonly stage: Stage;
  readonly level: Level;
  readonly requirement: string;
  readonly source: string;
  /** Pure: equal evidence, equal finding. Never throws on evidence of a call that broke off. */
  judge(evidence: E): Judged;
}

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
