// The requests of `voice check` to voice's own addresses: byte for byte as Twilio makes them, each bounded in time
// and size, none redirected. What the answers mean: local-voice.ts and public-address.ts.

import type { Clock } from "../call/ports.ts";
import type { HttpFields, HttpHead } from "../protocol/http/message.ts";
import type { ConnectionFailure, TlsTrust } from "../simulators/sockets/raw-connection.ts";
import { RawWebSocket } from "../simulators/sockets/raw-websocket.ts";
import { sendHttpRequest } from "../simulators/sockets/send-http-request.ts";
import type { HttpAnswer } from "../simulators/twilio/webhook-answer.ts";
import type { WebhookRequest } from "../simulators/twilio/webhook-request.ts";

/** What requests need of the world. */
export interface RequestWorld {
  readonly clock: Clock;
  /** So many unforeseeable bytes. */
  random(count: number): Uint8Array;
  /** Tests bring an authority of their own. */
  readonly trust: TlsTrust;
}

/**
 * For TCP and TLS, as Twilio's client has it:
 * https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
 */
const CONNECT_MS = 5_000;
/** For the whole of a request; Twilio waits 15 s, the caller does not. */
const TOTAL_MS = 8_000;
/** Longest TwiML that Twilio takes (https://www.twilio.com/docs/api/errors/11750). */
const MAX_BODY_BYTES = 65_536;

const limits = { connectTimeoutMs: CONNECT_MS, totalTimeoutMs: TOTAL_MS };

/** Makes the request as it stands; its answer, whatever the status, or why there is none. */
export function send(request: WebhookRequest, { clock, trust }: RequestWorld): Promise<HttpAnswer | ConnectionFailure> {
  const order = { type: "http.request", id: 0, ...request, ...limits, readTimeoutMs: TOTAL_MS, maxBodyBytes: MAX_BODY_BYTES } as const;
  return new Promise((resolve) => void sendHttpRequest(order, trust, clock, resolve));
}

/** A plain GET, without anything that tells who asks. */
export function get(url: string, world: RequestWorld): Promise<HttpAnswer | ConnectionFailure> {
  const headers: HttpFields = [
    ["Host", new URL(url).host],
    ["User-Agent", "voice check"],
    ["Accept", "application/json"],
    ["Connection", "close"],
  ];
  return send({ method: "GET", url, headers, body: "" }, world);
}

/** What came of a WebSocket handshake. */
export type Handshake = { readonly type: "opened" | "refused"; readonly head: HttpHead } | ConnectionFailure;

/** Opens a WebSocket, and closes it as soon as it is open. `fields` follow the handshake's own five. */
export function handshake(url: string, key: string, fields: HttpFields, { clock, trust, random }: RequestWorld): Promise<Handshake> {
  return new Promise((resolve) => {
    const dial = { type: "socket.dial", id: 0, url, key, fields, ...limits } as const;
    const socket = new RawWebSocket(dial, { clock, trust, random }, (told) => {
      if (told.type === "socket.opened") {
        resolve({ type: "opened", head: told.head });
        socket.close(1000, ""); // RFC 6455 7.4.1: a normal end
      } else if (told.type === "socket.rejected") resolve({ type: "refused", head: told.head });
      else if (told.type === "socket.failed") resolve({ failure: told.failure, detail: told.detail });
    });
  });
}
