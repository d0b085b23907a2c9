// The inputs, outputs and options of telephone-call.ts. Types only.

import type { HttpFields, HttpHead } from "../../../protocol/http/message.ts";
import type { Violation } from "../../../protocol/websocket/reader.ts";
import type { HttpAnswer, NetworkFailure } from "../webhook-answer.ts";
import type { CallFacts, CallParty, FormParams } from "../webhook-request.ts";

export interface WebhookTarget {
  readonly url: string;
  readonly method?: "POST" | "GET";
}

/** How a person behaves who is dialled. */
export interface Person {
  /** From the dialling to the answer, or to `refuses`. Undefined: they let it ring. */
  readonly answerMs?: number;
  readonly refuses?: "busy" | "failed";
  /** What they press when they are asked. Undefined: nothing, as a mailbox. */
  readonly digits?: string;
  /** From being connected to hanging up. Default 0. */
  readonly talkMs?: number;
}

/** How a call is placed and how the caller behaves. */
export interface TelephoneOptions {
  /** The number's voice webhook. */
  readonly webhook: WebhookTarget;
  /** Requested when a document fails (https://www.twilio.com/docs/usage/security/availability-reliability). */
  readonly fallback?: WebhookTarget;
  /** Notified of the call's end. For incoming calls, Twilio reports `completed` only. */
  readonly statusCallback?: WebhookTarget;
  /** Signs every request. Undefined: nothing is signed. */
  readonly authToken: string | undefined;
  /** Signs the handshake of the stream. Default: `authToken`. */
  readonly streamAuthToken?: string;
  /** All SIDs, tokens and keys are derived from it: the same seed gives the same call. */
  readonly seed: string;
  readonly accountSid?: string;
  readonly callSid?: string;
  readonly direction?: CallFacts["direction"];
  readonly from?: CallParty;
  readonly to?: CallParty;
  /** Additional parameters of every webhook request. */
  readonly params?: FormParams;
  /**
   * TwiML to start with instead of the webhook's, as REST calls can have it
   * (https://www.twilio.com/docs/voice/api/call-resource#twiml).
   */
  readonly twiml?: string;
  /** The User-Agent of webhooks and handshake. Default: Twilio's. */
  readonly userAgent?: string;
  /** Keeps the query of the stream's URL, which Twilio strips: to see whether a server depends on it. */
  readonly keepsQuery?: boolean;
  /** Subprotocols to offer. Twilio offers none. */
  readonly subprotocols?: readonly string[];
  /** Allows ws://, which Twilio rejects with 31922: for servers on this machine. */
  readonly allowPlainSocket?: boolean;
  /**
   * "host:port" where wss:// is dialled as ws://, also if the URL lacks the port: a server on this machine, whose TLS
   * is a proxy's.
   */
  readonly plainSocketHost?: string;
  /** What the caller says from the first frame of the first stream on, PCMU. */
  readonly speech?: Uint8Array;
  /** Digits that the caller presses at each `<Gather>`. Missing: none, except by command. */
  readonly digits?: string;
  /**
   * Who is reached by `<Dial>`, by number or sip: address; it rings at others. Undefined: `<Dial>` is only noted, and
   * ends at once as if someone had answered and hung up.
   */
  readonly people?: Readonly<Record<string, Person>>;
  /** How long `<Say>` takes per character. Default 0, so that tests do not wait. */
  readonly sayMsPerCharacter?: number;
  /** `start.customParameters` instead of the TwiML's: to test authentication. */
  readonly customParameters?: Readonly<Record<string, string>>;
  readonly loseEvery?: number;
  /** From `stop` to our close. Default 0, as Twilio. A longer time shows whether the server closes on its own. */
  readonly stopLingerMs?: number;
  readonly keepHeardMs?: number;
}

/** What the caller does, or what a test does to the stream. */
export type TelephoneCommand =
  | { readonly type: "say"; readonly speech: Uint8Array }
  | { readonly type: "press"; readonly digit: string }
  | { readonly type: "mute"; readonly ms: number }
  /**
   * `requestsAction`: whether Twilio then requests `<Connect action>`, with CallStatus completed. In reality it may or
   * may not.
   */
  | { readonly type: "hangUp"; readonly requestsAction: boolean }
  /** Sends a WebSocket ping, which Twilio was not seen to do: to see whether the server still reads. */
  | { readonly type: "ping" }
  /** Breaks the stream's connection without a close. The telephone call goes on. */
  | { readonly type: "dropSocket" }
  /** Sends an arbitrary text frame. */
  | { readonly type: "sendText"; readonly text: string }
  | { readonly type: "sendBinary"; readonly bytes: Uint8Array };

/**
 * What happens to a call. `atMs` never decreases. `id` is that of the output that made the request or dialled the
 * socket.
 */
export type TelephoneInput =
  | { readonly type: "placed"; readonly atMs: number }
  | { readonly type: "woke"; readonly atMs: number }
  | { readonly type: "command"; readonly atMs: number; readonly command: TelephoneCommand }
  | ({ readonly type: "http.answered"; readonly atMs: number; readonly id: number } & HttpAnswer)
  | {
      readonly type: "http.failed";
      readonly atMs: number;
      readonly id: number;
      readonly failure: NetworkFailure;
      readonly detail: string;
    }
  /** The server answered 101. The rest of its head is unchecked. */
  | { readonly type: "socket.opened"; readonly atMs: number; readonly id: number; readonly head: HttpHead }
  /** The server answered another status. */
  | { readonly type: "socket.rejected"; readonly atMs: number; readonly id: number; readonly head: HttpHead; readonly body: Uint8Array }
  | {
      readonly type: "socket.failed";
      readonly atMs: number;
      readonly id: number;
      readonly failure: NetworkFailure;
      readonly detail: string;
    }
  | { readonly type: "socket.text"; readonly atMs: number; readonly id: number; readonly text: string }
  | { readonly type: "socket.binary"; readonly atMs: number; readonly id: number; readonly bytes: number }
  /** A ping arrived. The pong has already been sent. */
  | { readonly type: "socket.pinged"; readonly atMs: number; readonly id: number }
  | { readonly type: "socket.ponged"; readonly atMs: number; readonly id: number }
  /** The server violated RFC 6455. The close has already been sent. The last input of this socket. */
  | {
      readonly type: "socket.broken";
      readonly atMs: number;
      readonly id: number;
      readonly bad: string;
      readonly violation: StreamViolation;
    }
  /**
   * The last input of an opened socket. `code`: from the server's close frame; 1005 if it has none, 1006 without a
   * close frame.
   */
  | { readonly type: "socket.closed"; readonly atMs: number; readonly id: number; readonly code: number; readonly reason: string };

/** Why a stream was given up. `flood`: the server sent more than any call needs. */
export type StreamViolation = Exclude<Violation, "length"> | "flood";

/** What to do for a call. */
export type TelephoneOutput =
  | {
      readonly type: "http.request";
      readonly id: number;
      readonly method: "POST" | "GET";
      readonly url: string;
      /** All header fields, in order. */
      readonly headers: HttpFields;
      readonly body: string;
      readonly connectTimeoutMs: number;
      readonly readTimeoutMs: number;
      readonly totalTimeoutMs: number;
      /** A longer body fails as tooLarge. */
      readonly maxBodyBytes: number;
    }
  | {
      readonly type: "socket.dial";
      readonly id: number;
      readonly url: string;
      /** Sec-WebSocket-Key. */
      readonly key: string;
      /** Header fields after the handshake's own five, in order. */
      readonly fields: HttpFields;
      readonly connectTimeoutMs: number;
      readonly totalTimeoutMs: number;
    }
  | { readonly type: "socket.text"; readonly id: number; readonly text: string }
  | { readonly type: "socket.binary"; readonly id: number; readonly bytes: Uint8Array }
  | { readonly type: "socket.ping"; readonly id: number }
  | { readonly type: "socket.close"; readonly id: number; readonly code: number; readonly reason: string }
  /** Ends the connection without a close frame. No more inputs follow from it. */
  | { readonly type: "socket.drop"; readonly id: number }
  /** Requests the input `woke` at that time, replacing the previous request. Undefined cancels it. */
  | { readonly type: "wake"; readonly atMs: number | undefined }
  /** The call is over and nothing is open. The last output, once. */
  | { readonly type: "done" };
