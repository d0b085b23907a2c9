// Encodes WebSocket frames. Reading them: reader.ts. The opening handshake: handshake.ts.
// Follows RFC 6455 section 5.

import { concatBytes } from "../bytes.ts";

/** RFC 6455 section 5.2. */
export const OPCODE = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

export type Opcode = keyof typeof OPCODE;

/** Longest payload of a control frame (RFC 6455 section 5.5). */
export const MAX_CONTROL_BYTES = 125;

/** May be an invalid frame: simulators and tests send those too. */
export interface WebSocketFrame {
  readonly opcode: Opcode;
  readonly payload: Uint8Array;
  /** False on all but the last frame of a fragmented message. */
  readonly fin?: boolean;
}

/**
 * `maskKey`: 4 bytes, unpredictable and different for each frame of a client (section 5.3); undefined for a server's
 * frames.
 */
export function encodeFrame({ opcode, payload, fin = true }: WebSocketFrame, maskKey: Uint8Array | undefined): Uint8Array<ArrayBuffer> {
  const first = (fin ? 0x80 : 0) | OPCODE[opcode];
  const maskBit = maskKey === undefined ? 0 : 0x80;
  const head = [first, ...lengthBytes(payload.length, maskBit)];
  if (maskKey === undefined) return concatBytes(Uint8Array.from(head), payload);
  return concatBytes(Uint8Array.from(head), maskKey, masked(payload, maskKey));
}

export function encodeText(text: string, maskKey: Uint8Array | undefined): Uint8Array<ArrayBuffer> {
  return encodeFrame({ opcode: "text", payload: new TextEncoder().encode(text) }, maskKey);
}

/** A reason that does not fit is cut at a character. `code` undefined: an empty payload (section 5.5.1). */
export function encodeClose(code: number | undefined, reason: string, maskKey: Uint8Array | undefined): Uint8Array<ArrayBuffer> {
  if (code === undefined) return encodeFrame({ opcode: "close", payload: new Uint8Array(0) }, maskKey);
  const text = new Uint8Array(MAX_CONTROL_BYTES - 2);
  const { written } = new TextEncoder().encodeInto(reason, text);
  return encodeFrame({ opcode: "close", payload: concatBytes(Uint8Array.of(code >> 8, code & 0xff), text.subarray(0, written)) }, maskKey);
}

/** Masks or unmasks, which is the same operation (section 5.3). Returns new bytes. */
export function masked(bytes: Uint8Array, maskKey: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes, (byte, at) => byte ^ (maskKey[at & 3] ?? 0));
}

/** The second byte and the extended length, minimally encoded (section 5.2). */
function lengthBytes(length: number, maskBit: number): readonly number[] {
  if (length <= MAX_CONTROL_BYTES) return [maskBit | length];
  if (length <= 0xffff) return [maskBit | 126, length >> 8, length & 0xff];
  const high = Math.floor(length / 2 ** 32);
  return [maskBit | 127, ...fourBytes(high), ...fourBytes(length >>> 0)];
}

function fourBytes(value: number): readonly number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
