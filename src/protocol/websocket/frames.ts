// WebSocket frames written as bytes. Reading them: websocket-reader.ts. The opening handshake: websocket-handshake.ts.
// Follows RFC 6455 section 5.

import { concatBytes } from "../bytes.ts";

/** Opcodes (RFC 6455 section 5.2). */
export const OPCODE = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

/** A frame's kind. */
export type Opcode = keyof typeof OPCODE;

/** Longest payload of a control frame, bytes (RFC 6455 section 5.5). */
export const MAX_CONTROL_BYTES = 125;

/** A frame to send. A far end may want to send a wrong one: nothing here refuses it. */
export interface WebSocketFrame {
  readonly opcode: Opcode;
  readonly payload: Uint8Array;
  /** False on all but the last frame of a fragmented message. */
  readonly fin?: boolean;
}

/** Writes a frame. `maskKey` is 4 bytes, new and unforeseeable for each frame of a client (section 5.3); a server's frames have none. */
export function encodeFrame({ opcode, payload, fin = true }: WebSocketFrame, maskKey: Uint8Array | undefined): Uint8Array<ArrayBuffer> {
  const first = (fin ? 0x80 : 0) | OPCODE[opcode];
  const maskBit = maskKey === undefined ? 0 : 0x80;
  const head = [first, ...lengthBytes(payload.length, maskBit)];
  if (maskKey === undefined) return concatBytes(Uint8Array.from(head), payload);
  return concatBytes(Uint8Array.from(head), maskKey, masked(payload, maskKey));
}

/** Writes a text message as one frame. */
export function encodeText(text: string, maskKey: Uint8Array | undefined): Uint8Array<ArrayBuffer> {
  return encodeFrame({ opcode: "text", payload: new TextEncoder().encode(text) }, maskKey);
}

/** Writes a close frame; a reason that would not fit is cut at a character. Code undefined: none is sent (section 5.5.1). */
export function encodeClose(code: number | undefined, reason: string, maskKey: Uint8Array | undefined): Uint8Array<ArrayBuffer> {
  if (code === undefined) return encodeFrame({ opcode: "close", payload: new Uint8Array(0) }, maskKey);
  const text = new Uint8Array(MAX_CONTROL_BYTES - 2);
  const { written } = new TextEncoder().encodeInto(reason, text);
  return encodeFrame({ opcode: "close", payload: concatBytes(Uint8Array.of(code >> 8, code & 0xff), text.subarray(0, written)) }, maskKey);
}

/** Masks or unmasks bytes, which is the same (section 5.3), into new ones. */
export function masked(bytes: Uint8Array, maskKey: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes, (byte, at) => byte ^ (maskKey[at & 3] ?? 0));
}

/** The second byte and the extended length, in as few bytes as hold it (section 5.2). */
function lengthBytes(length: number, maskBit: number): readonly number[] {
  if (length <= MAX_CONTROL_BYTES) return [maskBit | length];
  if (length <= 0xffff) return [maskBit | 126, length >> 8, length & 0xff];
  const high = Math.floor(length / 2 ** 32);
  return [maskBit | 127, ...fourBytes(high), ...fourBytes(length >>> 0)];
}

function fourBytes(value: number): readonly number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
