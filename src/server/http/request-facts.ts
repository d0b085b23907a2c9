// What the door needs to know of a request, read once: under which addresses it may have been sent, its signature, whether it is of this machine.

import type { Config } from "../../config/config.ts";
import type { Connection } from "../../platform/seam.ts";
import type { RequestAddress } from "../../protocol/http/candidate-urls.ts";
import { notLocal } from "../auth/local-caller.ts";

/** Of a request, apart from its body. Copied, for a Request's headers are not to be had once it has become a WebSocket. */
export interface RequestFacts {
  readonly address: RequestAddress;
  readonly peerAddress: string;
  /** X-Twilio-Signature; undefined when missing or empty. */
  readonly signature: string | undefined;
  /** Why the request is not from a program on this machine; undefined when it is. */
  readonly notLocal: string | undefined;
  /** Sec-WebSocket-Protocol. */
  readonly subprotocols: string | undefined;
  readonly userAgent: string | undefined;
}

/** Reads them; `upgrade` when the request is to become a WebSocket. */
export function readFacts(request: Request, connection: Connection, publicUrl: Config["publicUrl"], upgrade: boolean): RequestFacts {
  const { headers } = request;
  const header = (name: string): string | undefined => headers.get(name) || undefined;
  return {
    address: {
      publicUrl,
      target: targetOf(request.url),
      upgrade,
      host: header("host"),
      forwarded: header("forwarded"),
      xForwardedHost: header("x-forwarded-host"),
      xForwardedProto: header("x-forwarded-proto"),
      xForwardedPort: header("x-forwarded-port"),
    },
    peerAddress: connection.peerAddress,
    signature: header("x-twilio-signature"),
    notLocal: notLocal(connection.peerAddress, headers),
    subprotocols: header("sec-websocket-protocol"),
    userAgent: header("user-agent")?.slice(0, 100),
  };
}

/** Path and query as they were requested: parsing and printing the URL again might spell them otherwise, and the signature covers the spelling. */
export function targetOf(url: string): string {
  return /^[a-z]+:\/\/[^/?#]*([^#]*)/i.exec(url)?.[1] ?? "/";
}
