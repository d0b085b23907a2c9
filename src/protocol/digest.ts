// Hashes, HMACs and comparison in constant time, by node:crypto, which is loaded at first use: it takes as long to
// load as an HTTP server takes to listen, and a process that waits for its first call needs none of it yet.
// commands/serve.ts loads it soon after listening, so that no call waits for it.
// Pure: each result depends on the arguments only.

import type { Buffer } from "node:buffer";
import process from "node:process";

/** Bytes, or text in UTF-8. */
type Data = string | Uint8Array;

let loaded: typeof import("node:crypto") | undefined;

/** Synchronous, unlike `import()`: a stream's token is checked between its `start` and the next frame. */
function nodeCrypto(): typeof import("node:crypto") {
  loaded ??= process.getBuiltinModule("node:crypto");
  return loaded;
}

/** RFC 2104. */
export function hmac(algorithm: "sha1" | "sha256", key: Data, ...parts: readonly Data[]): Buffer {
  const digest = nodeCrypto().createHmac(algorithm, key);
  for (const part of parts) digest.update(part);
  return digest.digest();
}

/** FIPS 180-4. */
export function sha256(...parts: readonly Data[]): Buffer {
  const digest = nodeCrypto().createHash("sha256");
  for (const part of parts) digest.update(part);
  return digest.digest();
}

/** Whether both hold the same bytes; the time it takes depends on the lengths only. */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && nodeCrypto().timingSafeEqual(a, b);
}
