// Reads a request's body within bounds of size and time. Not its meaning (protocol/signature.ts, readForm).

import { Buffer } from "node:buffer";
import type { Clock } from "../../call/ports.ts";

/** Longest body read, bytes. Twilio's forms have about 1 KiB. */
export const MAX_BODY_BYTES = 65_536;
/** How long a body may take: Twilio itself waits 15 s for the whole answer. */
export const BODY_MS = 10_000;

/** A body that is not taken, as the HTTP answer to it. */
export interface BodyRefused {
  readonly status: 400 | 408 | 413;
  readonly why: string;
}

const tooLarge: BodyRefused = { status: 413, why: `the body is over ${MAX_BODY_BYTES} bytes` };
const tooSlow: BodyRefused = { status: 408, why: `the body took over ${BODY_MS} ms` };

/** Reads the body as text, byte for byte as UTF-8; or says why it is not taken. Never throws. */
export async function readBody(request: Request, clock: Clock): Promise<string | BodyRefused> {
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY_BYTES) return tooLarge;
  if (request.body === null) return "";
  const reader = request.body.getReader();
  let late = false;
  const callOff = clock.after(BODY_MS, () => {
    late = true;
    void reader.cancel().catch(() => {}); // ends the read below; what a cancelled stream says is of no use
  });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      bytes += read.value.byteLength;
      if (bytes > MAX_BODY_BYTES) {
        await reader.cancel();
        return tooLarge;
      }
      chunks.push(read.value);
    }
  } catch {
    return { status: 400, why: "the body broke off" };
  } finally {
    callOff();
  }
  return late ? tooSlow : Buffer.concat(chunks).toString("utf8");
}
