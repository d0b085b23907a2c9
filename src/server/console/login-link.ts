// The token of a login link: an expiry and a random part, signed under a key that the server and `voice console` read
// from the state folder. So the command makes a link without asking the server. Where it is used up: sessions.ts.

import { Buffer } from "node:buffer";
import { equalInConstantTime, hmac } from "../../protocol/digest.ts";

/** A link that nobody opens is worth nothing after this time. */
export const LINK_LIFE_MS = 3_600_000;
/** Of the key, in the state folder. */
export const CONSOLE_KEY_FILE = "console.key";
/** Separates this use of the key from others. */
const LABEL = "voice console link 1";
/** Expiry in base 36, a dot, 16 random bytes, a dot, SHA-256, both in base64url. */
const pattern = /^([0-9a-z]{1,10})\.([\w-]{22})\.([\w-]{43})$/;

export function makeLoginToken(key: Uint8Array, nowMs: number): string {
  const expiry = Math.floor(nowMs + LINK_LIFE_MS).toString(36);
  const random = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64url");
  return `${expiry}.${random}.${mac(key, expiry, random).toString("base64url")}`;
}

/** When it expires (epoch ms); undefined when it was not made under this key. */
export function readLoginToken(key: Uint8Array, token: string): number | undefined {
  const [, expiry, random, claimed] = pattern.exec(token) ?? [];
  if (expiry === undefined || random === undefined || claimed === undefined) return undefined;
  return equalInConstantTime(mac(key, expiry, random), Buffer.from(claimed, "base64url")) ? Number.parseInt(expiry, 36) : undefined;
}

/** Where a browser logs in. `origin`: "http://127.0.0.1:8080", with the path that precedes our routes. */
export function loginUrl(origin: string, token: string): string {
  return `${origin}/console/login?token=${token}`;
}

function mac(key: Uint8Array, expiry: string, random: string): Buffer {
  return hmac("sha256", key, [LABEL, expiry, random].join("\n"));
}
