// The opening handshake of a WebSocket client that stands on a raw socket: its request, and what is wrong with the answer. For the far ends,
// which must send and see every header; servers and ordinary clients use their runtime's.
// Follows RFC 6455 sections 4.1 and 4.2.2.

import { createHash } from "node:crypto"; // A pure function: the same digest for the same bytes. No randomness is drawn here.
import type { Bad } from "../bad.ts";
import type { HttpFields, HttpHead } from "../http/message.ts";
import { fieldValue } from "../http/message.ts";
import { offeredSubprotocols } from "./subprotocol.ts";

/** What a handshake asks for. */
export interface HandshakeRequest {
  /** Path, and query if any, as in the URL. */
  readonly path: string;
  /** Host, with its port where the URL has one. */
  readonly host: string;
  /** 16 random bytes in base64. */
  readonly key: string;
  /** What follows the five fields of the handshake itself, as it is to be spelled. */
  readonly fields: HttpFields;
}

/** RFC 6455 section 1.3. */
const ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Writes the request, its fields in the order in which Twilio's client has them. Throws on a line break in a part: a request would split. */
export function handshakeRequest({ path, host, key, fields }: HandshakeRequest): string {
  const own: HttpFields = [
    ["Host", host],
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Key", key],
    ["Sec-WebSocket-Version", "13"],
  ];
  const lines = [`GET ${path} HTTP/1.1`, ...[...own, ...fields].map(([name, value]) => `${name}: ${value}`)];
  const split = lines.find((line) => /[\r\n\0]/.test(line));
  if (split !== undefined) throw new Error(`BUG: line break in a handshake's ${split.split(":", 1)[0]}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** Computes the Sec-WebSocket-Accept that answers a Sec-WebSocket-Key: SHA-1 of it and a fixed text, in base64. */
export function acceptKey(key: string): string {
  return createHash("sha1").update(`${key}${ACCEPT_GUID}`).digest("base64");
}

/**
 * Tells the first thing in an answer for which a client must fail the connection (RFC 6455 section 4.1), undefined when there is none.
 * `offered` is the Sec-WebSocket-Protocol that was sent; no extension is taken to have been offered.
 */
export function badHandshake({ version, status, fields }: HttpHead, key: string, offered: string | undefined): Bad | undefined {
  const complaint = (what: string): Bad => ({ bad: `${what} (RFC 6455 section 4.1)` });
  if (status !== 101) return complaint(`status: expected 101, got ${status}`);
  if (version !== "1.1") return complaint(`version: expected HTTP/1.1, got HTTP/${version}`);
  if (fieldValue(fields, "upgrade")?.toLowerCase() !== "websocket") return complaint("Upgrade: expected websocket");
  const connection = fieldValue(fields, "connection")?.toLowerCase().split(/ *, */) ?? [];
  if (!connection.includes("upgrade")) return complaint("Connection: expected Upgrade");
  const accept = fieldValue(fields, "sec-websocket-accept");
  if (accept !== acceptKey(key))
    return complaint(`Sec-WebSocket-Accept: expected the key's, got ${accept === undefined ? "none" : "another"}`);
  if (fieldValue(fields, "sec-websocket-extensions") !== undefined)
    return complaint("Sec-WebSocket-Extensions: expected none, for none was offered");
  const chosen = fieldValue(fields, "sec-websocket-protocol");
  const names = offeredSubprotocols(offered);
  if (chosen !== undefined && !names.includes(chosen)) {
    return complaint(
      `Sec-WebSocket-Protocol: expected ${names.length === 0 ? "none" : `one of ${names.join(", ")}, or none`}, got another`,
    );
  }
  return undefined;
}
