// What authentication needs from a request: the URLs it may have been sent to, its signature, and whether it is local.

import type { Config } from "../../config/config.ts";
import type { Connection } from "../../platform/seam.ts";
import type { RequestAddress } from "../../protocol/http/candidate-urls.ts";
import { nonLocalReason } from "../auth/local-caller.ts";

/**
 * Facts of a request except its body. Copied, because a Request's headers cannot be read after it became a WebSocket.
 */
export interface RequestFacts {
  readonly address: RequestAddress;
  readonly peerAddress: string;
  /** X-Twilio-Signature; undefined when missing or empty. */
  readonly signature: string | undefined;
  /** Why the request is not from a program on this machine; undefined when it is. */
  readonly nonLocalReason: string | undefined;
  /** Sec-WebSocket-Protocol. */
  readonly subprotocols: string | undefined;
  readonly userAgent: string | undefined;
}

/** `upgrade`: whether the request asks for a WebSocket. */
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
    nonLocalReason: nonLocalReason(connection.peerAddress, headers),
    subprotocols: header("sec-websocket-protocol"),
    userAgent: header("user-agent")?.slice(0, 100),
  };
}

/**
 * Path and query exactly as requested: parsing and printing the URL could change the spelling, which the signature
 * covers. With a missing or malformed Host, Bun's Request.url is the target alone.
 */
export function targetOf(url: string): string {
  return /^(?:[a-z]+:\/\/[^/?#]*|(?=\/))([^#]*)/i.exec(url)?.[1] || "/";
}
