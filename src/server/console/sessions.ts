// Who may use the console: the token of a link (login-link.ts) is exchanged once for a session, whose id the browser
// keeps in a cookie. Sessions do not outlast the process, and only hashes of their ids are kept.

import { Buffer } from "node:buffer";
import type { Clock } from "../../call/ports.ts";
import { sha256 } from "../../protocol/digest.ts";
import { makeLoginToken, readLoginToken } from "./login-link.ts";

/** From the last use of a session to its end. */
export const SESSION_LIFE_MS = 7 * 24 * 3_600_000;
/** The oldest ends first. */
export const MAX_SESSIONS = 200;
/** Links that were used and have not expired. */
export const MAX_USED_LINKS = 1_000;

/** `__Host-` would need https, which a console on this machine does not have. */
const COOKIE = "voice_console";
const SECRET_BYTES = 32;

/** A class because sessions begin and end. Both maps are in order of time. */
export class ConsoleSessions {
  /** Read when it is needed first. */
  readonly #key: () => Uint8Array;
  readonly #clock: Clock;
  /** Tokens of links that were used, and when they expire. */
  readonly #used = new Map<string, number>();
  /** By the hash of their id, when they were used last. */
  readonly #sessions = new Map<string, number>();

  /** `key`: of login links. */
  constructor(key: () => Uint8Array, clock: Clock) {
    this.#key = key;
    this.#clock = clock;
  }

  get count(): number {
    return this.#sessions.size;
  }

  /** A new token for one login. */
  makeLink(): string {
    return makeLoginToken(this.#key(), this.#clock.nowMs());
  }

  /** Begins a session. Returns its id; undefined when the token was used before, is too old, or was never made. */
  redeem(token: string): string | undefined {
    const nowMs = this.#clock.nowMs();
    const expiresMs = readLoginToken(this.#key(), token);
    if (expiresMs === undefined || expiresMs <= nowMs || this.#used.has(token)) return undefined;
    for (const [used, untilMs] of this.#used) if (untilMs <= nowMs) this.#used.delete(used);
    // One that was forgotten could be used again.
    if (this.#used.size >= MAX_USED_LINKS) return undefined;
    this.#used.set(token, expiresMs);
    const id = secret();
    remember(this.#sessions, hashOf(id), nowMs);
    return id;
  }

  /** Whether the request's cookie names a session. Its life begins again then. */
  has(request: Request): boolean {
    const id = cookieOf(request);
    const hash = id === undefined ? "" : hashOf(id);
    const usedMs = this.#sessions.get(hash);
    const nowMs = this.#clock.nowMs();
    if (usedMs === undefined || nowMs - usedMs > SESSION_LIFE_MS) {
      this.#sessions.delete(hash);
      return false;
    }
    remember(this.#sessions, hash, nowMs);
    return true;
  }

  /** Ends the session of the request. */
  end(request: Request): void {
    const id = cookieOf(request);
    if (id !== undefined) this.#sessions.delete(hashOf(id));
  }
}

/** The value of Set-Cookie. SameSite=Strict: no other site can send requests with it. RFC 6265bis section 5.2 */
export function sessionCookie(id: string, isSecure: boolean): string {
  const lifeS = Math.floor(SESSION_LIFE_MS / 1_000);
  return `${COOKIE}=${id}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${lifeS}${isSecure ? "; Secure" : ""}`;
}

function cookieOf(request: Request): string | undefined {
  return new RegExp(`(?:^|;\\s*)${COOKIE}=([\\w-]{43})(?:;|$)`).exec(request.headers.get("cookie") ?? "")?.[1];
}

function remember(sessions: Map<string, number>, hash: string, nowMs: number): void {
  sessions.delete(hash);
  sessions.set(hash, nowMs);
  const [oldest] = sessions.keys();
  if (sessions.size > MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest);
}

function secret(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))).toString("base64url");
}

function hashOf(text: string): string {
  return sha256(text).toString("base64url");
}
