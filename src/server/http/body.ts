// Reads a request's body within limits of size and time. What it means: protocol/signature.ts, readForm.

import { Buffer } from "node:buffer";
import type { Clock } from "../../call/ports.ts";

/** Twilio's forms have about 1 KiB. Checking a signature hashes the form once for each URL tried. */
export const MAX_BODY_BYTES = 16_384;
/** Twilio itself waits 15 s for the whole answer. */
export const BODY_TIMEOUT_MS = 10_000;

/** Why a body was rejected, as the HTTP response to it. */
export interface BodyRejection {
  readonly status: 400 | 408 | 413;
  readonly reason: string;
}

const tooLarge: BodyRejection = { status: 413, reason: `the body is over ${MAX_BODY_BYTES} bytes` };
const tooSlow: BodyRejection = { status: 408, reason: `the body took over ${BODY_TIMEOUT_MS} ms` };

/** Reads the body as UTF-8. Never throws. */
export async function readBody(request: Request, clock: Clock): Promise<string | BodyRejection> {
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY_BYTES) return tooLarge;
  if (request.body === null) return "";
  const reader = request.body.getReader();
  let late = false;
  const cancelTimeout = clock.after(BODY_TIMEOUT_MS, () => {
    late = true;
    void reader.cancel().catch(() => {}); // ends the read below; an error of the cancelled stream does not matter
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
    return { status: 400, reason: "the body was cut off" };
  } finally {
    cancelTimeout();
  }
  return late ? tooSlow : Buffer.concat(chunks).toString("utf8");
}
