// The requests that `voice check` makes to voice's own addresses: byte for byte as Twilio makes them, bounded in time
// and size, without following redirects. What the answers mean: local-voice.ts and public-address.ts.

import type { Clock } from "../call/ports.ts";
import type { HttpFields, HttpHead } from "../protocol/http/message.ts";
import type { ConnectionFailure, TlsTrust } from "../simulators/sockets/raw-connection.ts";
import { RawWebSocket } from "../simulators/sockets/raw-websocket.ts";
import { sendHttpRequest } from "../simulators/sockets/send-http-request.ts";
import type { HttpAnswer } from "../simulators/twilio/webhook-answer.ts";
import type { WebhookRequest } from "../simulators/twilio/webhook-request.ts";

export interface RequestWorld {
  readonly clock: Clock;
  /** Cryptographically random bytes. */
  random(count: number): Uint8Array;
  /** Tests add a certificate authority. */
  readonly trust: TlsTrust;
}

/**
 * For TCP and TLS, as Twilio's client has it:
 * https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
 */
const CONNECT_MS = 5_000;
/** For a whole request. Twilio waits 15 s; a caller would not. */
const TOTAL_MS = 8_000;
/** Longest TwiML that Twilio accepts (https://www.twilio.com/docs/api/errors/11750). */
const MAX_BODY_BYTES = 65_536;

const limits = { connectTimeoutMs: CONNECT_MS, totalTimeoutMs: TOTAL_MS };

/** Resolves with the answer, whatever its status, or with why there is none. Never rejects. */
export function send(request: WebhookRequest, { clock, trust }: RequestWorld): Promise<HttpAnswer | ConnectionFailure> {
  const order = { type: "http.request", id: 0, ...request, ...limits, readTimeoutMs: TOTAL_MS, maxBodyBytes: MAX_BODY_BYTES } as const;
  return new Promise((resolve) => void sendHttpRequest(order, trust, clock, resolve));
}

/** A plain GET that does not pretend to be Twilio. */
export function get(url: string, world: RequestWorld): Promise<HttpAnswer | ConnectionFailure> {
  const headers: HttpFields = [
    ["Host", new URL(url).host],
    ["User-Agent", "voice check"],
    ["Accept", "application/json"],
    ["Connection", "close"],
  ];
  return send({ method: "GET", url, headers, body: "" }, world);
}

export type Handshake = { readonly type: "opened" | "rejected"; readonly head: HttpHead } | ConnectionFailure;

/** Opens a WebSocket and closes it at once. `fields` are sent after the handshake's own five. */
export function handshake(url: string, key: string, fields: HttpFields, { clock, trust, random }: RequestWorld): Promise<Handshake> {
  return new Promise((resolve) => {
    const dial = { type: "socket.dial", id: 0, url, key, fields, ...limits } as const;
    const socket = new RawWebSocket(dial, { clock, trust, random }, (event) => {
      if (event.type === "socket.opened") {
        resolve({ type: "opened", head: event.head });
        socket.close(1000, ""); // RFC 6455 7.4.1: a normal end
      } else if (event.type === "socket.rejected") resolve({ type: "rejected", head: event.head });
      else if (event.type === "socket.failed") resolve({ failure: event.failure, detail: event.detail });
    });
  });
}
