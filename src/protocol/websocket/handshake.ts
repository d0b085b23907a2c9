// A WebSocket client's opening handshake on a raw socket: formats the request and checks the response. For simulators
// and probes, which must send and see every header; everything else uses the runtime's WebSocket. Follows RFC 6455
// sections 4.1 and 4.2.2.

import { createHash } from "node:crypto"; // a pure function: the same digest for the same bytes
import type { Bad } from "../bad.ts";
import type { HttpFields, HttpHead } from "../http/message.ts";
import { fieldValue } from "../http/message.ts";
import { offeredSubprotocols } from "./subprotocol.ts";

export interface HandshakeRequest {
  /** Path and query, as in the URL. */
  readonly path: string;
  /** With the port if the URL has one. */
  readonly host: string;
  /** 16 random bytes in base64. */
  readonly key: string;
  /** Sent as they are, after the five fields of the handshake. */
  readonly fields: HttpFields;
}

/** RFC 6455 section 1.3. */
const ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/**
 * The fields are in the order of Twilio's client. Throws on a line break in any part, which would split the request.
 */
export function formatHandshakeRequest({ path, host, key, fields }: HandshakeRequest): string {
  const own: HttpFields = [
    ["Host", host],
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Key", key],
    ["Sec-WebSocket-Version", "13"],
  ];
  const lines = [`GET ${path} HTTP/1.1`, ...[...own, ...fields].map(([name, value]) => `${name}: ${value}`)];
  const split = lines.find((line) => /[\r\n\0]/.test(line));
  if (split !== undefined) throw new Error(`BUG: line break in the handshake's ${split.split(":", 1)[0]}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** The Sec-WebSocket-Accept for a Sec-WebSocket-Key: SHA-1 of the key and a fixed text, in base64 (section 4.2.2). */
export function acceptKey(key: string): string {
  return createHash("sha1").update(`${key}${ACCEPT_GUID}`).digest("base64");
}

/**
 * The first reason why a client must fail the connection (RFC 6455 section 4.1); undefined when there is none.
 * `offered`: the Sec-WebSocket-Protocol that was sent. Assumes that no extension was offered.
 */
export function checkHandshakeResponse({ version, status, fields }: HttpHead, key: string, offered: string | undefined): Bad | undefined {
  const fault = (what: string): Bad => ({ bad: `${what} (RFC 6455 section 4.1)` });
  if (status !== 101) return fault(`status: expected 101, got ${status}`);
  if (version !== "1.1") return fault(`version: expected HTTP/1.1, got HTTP/${version}`);
  if (fieldValue(fields, "upgrade")?.toLowerCase() !== "websocket") return fault("Upgrade: expected websocket");
  const connection = fieldValue(fields, "connection")?.toLowerCase().split(/ *, */) ?? [];
  if (!connection.includes("upgrade")) return fault("Connection: expected Upgrade");
  const accept = fieldValue(fields, "sec-websocket-accept");
  if (accept !== acceptKey(key))
    return fault(`Sec-WebSocket-Accept: expected the one for the key, got ${accept === undefined ? "none" : "another"}`);
  if (fieldValue(fields, "sec-websocket-extensions") !== undefined)
    return fault("Sec-WebSocket-Extensions: expected none, since none was offered");
  const chosen = fieldValue(fields, "sec-websocket-protocol");
  const names = offeredSubprotocols(offered);
  if (chosen !== undefined && !names.includes(chosen)) {
    return fault(`Sec-WebSocket-Protocol: expected ${names.length === 0 ? "none" : `one of ${names.join(", ")}, or none`}, got another`);
  }
  return undefined;
}
