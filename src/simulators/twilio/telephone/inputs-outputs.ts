// What goes in and out of one telephone call as Twilio carries it (telephone-call.ts): inputs are facts and commands, orders are for whoever
// holds the sockets. Types only.

import type { HttpFields, HttpHead } from "../../../protocol/http/message.ts";
import type { HttpAnswer, NetworkFailure } from "../webhook-answer.ts";
import type { CallParty, FormParams } from "../webhook-request.ts";

/** A URL that Twilio requests, and how. */
export interface WebhookTarget {
  readonly url: string;
  readonly method?: "POST" | "GET";
}

/** How a call is placed, and how the caller behaves. */
export interface TelephoneOptions {
  /** The number's voice webhook. */
  readonly webhook: WebhookTarget;
  /** Requested when a document cannot be had (https://www.twilio.com/docs/usage/security/availability-reliability). */
  readonly fallback?: WebhookTarget;
  /** Told of the call's end: an incoming call's number reports `completed` only. */
  readonly statusCallback?: WebhookTarget;
  /** Undefined: nothing is signed. */
  readonly authToken: string | undefined;
  /** Signs the socket's URL; missing: `authToken` does. */
  readonly streamAuthToken?: string;
  /** All SIDs, tokens and keys are drawn from it: equal seeds, equal calls. */
  readonly seed: string;
  readonly accountSid?: string;
  readonly callSid?: string;
  readonly direction?: "inbound" | "outbound-api";
  readonly from?: CallParty;
  readonly to?: CallParty;
  /** More parameters of each webhook. */
  readonly params?: FormParams;
  /** TwiML to begin with in place of the webhook's, as REST calls may bring it (https://www.twilio.com/docs/voice/api/call-resource#twiml). */
  readonly twiml?: string;
  /** In place of Twilio's own, for webhooks and the socket. */
  readonly userAgent?: string;
  /** Dials the stream's query too, which Twilio strips: to see whether a server wants it. */
  readonly keepsQuery?: boolean;
  /** Sub-protocols to offer; Twilio offers none. */
  readonly subprotocols?: readonly string[];
  /** Dial ws:// too, which Twilio refuses with 31922: for servers on this machine. */
  readonly allowPlainSocket?: boolean;
  /** What the caller says from the first frame on, PCMU. */
  readonly speech?: Uint8Array;
  /** What the caller presses at each `<Gather>`; missing: nothing, until a command presses. */
  readonly digits?: string;
  /** How long `<Say>` takes for each character; 0 unless told, so that tests need not listen. */
  readonly sayMsPerCharacter?: number;
  /** `start.customParameters` in place of what the TwiML says: to try a door. */
  readonly customParameters?: Readonly<Record<string, string>>;
  readonly loseEvery?: number;
  /** Between `stop` and our close: Twilio's two come together (0, and when missing). To see whether a server closes by itself. */
  readonly stopLingerMs?: number;
  readonly keepHeardMs?: number;
}

/** What the person at the telephone, or a tester in the line, does. */
export type TelephoneCommand =
  | { readonly type: "say"; readonly speech: Uint8Array }
  | { readonly type: "press"; readonly digit: string }
  | { readonly type: "mute"; readonly ms: number }
  /** `asked`: whether Twilio still requests `<Connect action>`, with CallStatus completed; it may or may not. */
  | { readonly type: "hangUp"; readonly requestsAction: boolean }
  /** The stream's connection breaks without a close; the telephone call goes on. */
  | { readonly type: "dropSocket" }
  /** Sends a text frame as it is, which Twilio never would. */
  | { readonly type: "sendText"; readonly text: string }
  | { readonly type: "sendBinary"; readonly bytes: Uint8Array };

/** What happens to a call. `atMs` never goes back; ids are those of the orders. */
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
  /** The server answered 101, whatever else its head says. */
  | { readonly type: "socket.opened"; readonly atMs: number; readonly id: number; readonly head: HttpHead }
  /** The server answered another status. */
  | { readonly type: "socket.refused"; readonly atMs: number; readonly id: number; readonly head: HttpHead; readonly body: Uint8Array }
  | {
      readonly type: "socket.failed";
      readonly atMs: number;
      readonly id: number;
      readonly failure: NetworkFailure;
      readonly detail: string;
    }
  | { readonly type: "socket.text"; readonly atMs: number; readonly id: number; readonly text: string }
  | { readonly type: "socket.binary"; readonly atMs: number; readonly id: number; readonly bytes: number }
  /** A ping came; the pong has been sent. */
  | { readonly type: "socket.pinged"; readonly atMs: number; readonly id: number }
  /** The server broke RFC 6455; a close that says so has been sent, and nothing more comes of this socket. */
  | { readonly type: "socket.broken"; readonly atMs: number; readonly id: number; readonly bad: string }
  /** Once, last, of a socket that was opened. `code` as the server's close frame has it; 1005 for one without, 1006 when none came. */
  | { readonly type: "socket.closed"; readonly atMs: number; readonly id: number; readonly code: number; readonly reason: string };

/** What a call orders. */
export type TelephoneOutput =
  | {
      readonly type: "http.request";
      readonly id: number;
      readonly method: "POST" | "GET";
      readonly url: string;
      /** All of the header, in order. */
      readonly headers: HttpFields;
      readonly body: string;
      readonly connectTimeoutMs: number;
      readonly readTimeoutMs: number;
      readonly totalTimeoutMs: number;
      /** A longer body is the failure tooLarge. */
      readonly maxBodyBytes: number;
    }
  | {
      readonly type: "socket.dial";
      readonly id: number;
      readonly url: string;
      /** Sec-WebSocket-Key. */
      readonly key: string;
      /** What follows the handshake's own five header fields, in order. */
      readonly fields: HttpFields;
      readonly connectTimeoutMs: number;
      readonly totalTimeoutMs: number;
    }
  | { readonly type: "socket.text"; readonly id: number; readonly text: string }
  | { readonly type: "socket.binary"; readonly id: number; readonly bytes: Uint8Array }
  | { readonly type: "socket.close"; readonly id: number; readonly code: number; readonly reason: string }
  /** Ends the connection without a close frame; nothing more comes of it. */
  | { readonly type: "socket.drop"; readonly id: number }
  /** Calls for `woke` at that time; replaces the last one. Undefined: no more. */
  | { readonly type: "wake"; readonly atMs: number | undefined }
  /** The call is over and nothing is open any more. Last, once. */
  | { readonly type: "done" };
