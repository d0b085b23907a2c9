// A random secret in a file of its own, for this user only: made the first time, the same from then on.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const SECRET_BYTES = 32;

/** Throws when the file can be neither read nor made. */
export function readOrMakeSecret(path: string): Uint8Array {
  const found = readIfThere(path);
  if (found?.length === SECRET_BYTES) return found;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const secret = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  // "wx": another process that makes one at the same time wins, and its secret is read.
  if (found === undefined) {
    try {
      writeFileSync(path, secret, { mode: 0o600, flag: "wx" });
      return secret;
    } catch (error) {
      if ((error as { code?: unknown }).code !== "EEXIST") throw error;
      return readFileSync(path);
    }
  }
  writeFileSync(path, secret, { mode: 0o600 });
  return secret;
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  }
}
