// Authentication of webhooks and streams: Twilio's signatures, callers on this machine, and the stream's token. It
// decides; it neither answers nor logs.
// Follows https://www.twilio.com/docs/usage/security#validating-requests

import type { Clock } from "../../call/ports.ts";
import type { Config } from "../../config/config.ts";
import { candidateUrls } from "../../protocol/http/candidate-urls.ts";
import type { SignedParams } from "../../protocol/signature.ts";
import type { RequestFacts } from "../http/request-facts.ts";
import { SignedUrlFinder } from "./signed-url-finder.ts";
import { makeStreamToken, readStreamToken, STREAM_TOKEN_LIFE_MS, streamTokenKey, type TokenCall } from "./stream-token.ts";

export type AuthSettings = Pick<Config, "publicUrl" | "twilioAuthToken" | "allowUnsigned" | "directStream">;

/** The result of checking a webhook. */
export type WebhookAuth =
  /** The base URLs precede our routes as the sender sees them: http or https for webhooks, wss or ws for the stream. */
  | { readonly type: "authenticated"; readonly baseUrl: string; readonly streamBaseUrl: string; readonly differsFromPublicUrl: boolean }
  /** Not from Twilio: 403. */
  | { readonly type: "forbidden"; readonly reason: string }
  /**
   * Perhaps from Twilio, signed with another auth token or for another URL. The caller hears a sentence; nothing that
   * costs money starts. `isOverBudget`: rare spellings of the URL were not tried, because too many requests needed
   * them.
   */
  | { readonly type: "signatureMismatch"; readonly triedUrls: readonly string[]; readonly isOverBudget: boolean }
  /** Perhaps from Twilio, but no auth token is configured to check the signature. */
  | { readonly type: "noAuthToken" };

/**
 * The result for the upgrade request's own signature. It is logged, and authenticates only with VOICE_DIRECT_STREAM.
 */
export type UpgradeSignature = "valid" | "invalid" | "missing" | "unchecked";

/**
 * A webhook repeated within this time gets the same token: Twilio retries
 * (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
 */
export const WEBHOOK_RETRY_MS = 15_000;
/** The oldest is forgotten first. Only authenticated webhooks get a token, so strangers cannot fill this. */
export const MAX_REMEMBERED_TOKENS = 10_000;

/** The newest token of a call. It voids older ones. */
interface IssuedToken {
  readonly expiresAtMs: number;
  readonly used: boolean;
}

/**
 * Making and checking a token needs no memory. That it was used is remembered here, for as long as it would be valid.
 */
export class Authenticator {
  readonly #settings: AuthSettings;
  readonly #clock: Clock;
  /** Made at the first use: a server that waits for its first call needs none. */
  #madeKey: Uint8Array | undefined;
  /** Undefined without an auth token. */
  readonly #finder: SignedUrlFinder | undefined;
  /** By CallSid, the earliest expiry first. */
  readonly #issued = new Map<string, IssuedToken>();

  constructor(settings: AuthSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#finder = settings.twilioAuthToken === undefined ? undefined : new SignedUrlFinder(settings.twilioAuthToken, clock);
  }

  get #key(): Uint8Array {
    this.#madeKey ??= streamTokenKey(this.#settings.twilioAuthToken);
    return this.#madeKey;
  }

  get rememberedTokens(): number {
    return this.#issued.size;
  }

  /** What the headers decide by themselves, before the body is read; undefined when the signature has to be checked. */
  checkHeaders(facts: RequestFacts): WebhookAuth | undefined {
    const { twilioAuthToken, allowUnsigned } = this.#settings;
    const { signature, nonLocalReason } = facts;
    if (twilioAuthToken !== undefined) {
      return signature === undefined ? { type: "forbidden", reason: "X-Twilio-Signature is missing" } : undefined;
    }
    if (allowUnsigned) return accept(unsignedUrl(facts), facts, false);
    if (signature !== undefined) return { type: "noAuthToken" };
    return nonLocalReason === undefined ? accept(unsignedUrl(facts), facts, false) : { type: "forbidden", reason: nonLocalReason };
  }

  /** Checks a webhook or callback. `params` are the form's; empty for a GET. */
  checkWebhook(facts: RequestFacts, params: SignedParams): WebhookAuth {
    const decided = this.checkHeaders(facts);
    if (decided !== undefined) return decided;
    const { address, signature } = facts;
    if (this.#finder === undefined || signature === undefined) throw new Error("BUG: checkHeaders decides these");
    const found = this.#finder.find(address, signature, params);
    const { url, triedUrls } = found;
    if (url === undefined) return { type: "signatureMismatch", triedUrls, isOverBudget: found.isOverBudget };
    return accept(url, facts, this.#settings.publicUrl !== undefined && url !== triedUrls[0]);
  }

  /**
   * Checks the upgrade's own signature: over the wss URL without parameters, which Twilio signs with or without a
   * trailing slash.
   */
  checkUpgradeSignature({ address, signature }: RequestFacts): UpgradeSignature {
    if (this.#finder === undefined) return "unchecked";
    if (signature === undefined) return "missing";
    return this.#finder.find(address, signature, {}).url === undefined ? "invalid" : "valid";
  }

  /** Why a socket is rejected before its `start`; undefined when it may send one. */
  checkPeer(facts: RequestFacts): string | undefined {
    const { twilioAuthToken, allowUnsigned } = this.#settings;
    return twilioAuthToken !== undefined || allowUnsigned ? undefined : facts.nonLocalReason;
  }

  /**
   * The token that the call's next stream must bring: the same one for a retried webhook, a new one once it was used.
   */
  issueToken(call: TokenCall): string {
    const nowMs = Math.floor(this.#clock.nowMs());
    this.#forgetExpired(nowMs);
    const last = this.#issued.get(call.callSid);
    const isRetry = last !== undefined && !last.used && last.expiresAtMs - nowMs > STREAM_TOKEN_LIFE_MS - WEBHOOK_RETRY_MS;
    const expiresAtMs = isRetry ? last.expiresAtMs : Math.max(nowMs + STREAM_TOKEN_LIFE_MS, (last?.expiresAtMs ?? 0) + 1);
    this.#remember(call.callSid, { expiresAtMs, used: false });
    return makeStreamToken(this.#key, call, expiresAtMs);
  }

  /** Why a `start` is rejected; undefined when it is authenticated, and its token is then used up. */
  checkStart(call: TokenCall, token: string | undefined, upgrade: UpgradeSignature): string | undefined {
    if (this.#settings.directStream && token === undefined && upgrade === "valid") return undefined;
    if (token === undefined) return "no token";
    const expiresAtMs = readStreamToken(this.#key, call, token);
    if (expiresAtMs === undefined) return "the token was not made for this call";
    if (expiresAtMs <= this.#clock.nowMs()) return "the token has expired";
    const newest = this.#issued.get(call.callSid);
    if (newest !== undefined && (newest.used ? expiresAtMs <= newest.expiresAtMs : expiresAtMs < newest.expiresAtMs))
      return "the token was already used";
    this.#remember(call.callSid, { expiresAtMs, used: true });
    return undefined;
  }

  #remember(callSid: string, token: IssuedToken): void {
    this.#issued.delete(callSid);
    this.#issued.set(callSid, token);
    if (this.#issued.size <= MAX_REMEMBERED_TOKENS) return;
    for (const oldest of this.#issued.keys()) {
      this.#issued.delete(oldest);
      return;
    }
  }

  #forgetExpired(nowMs: number): void {
    for (const [callSid, { expiresAtMs }] of this.#issued) {
      if (expiresAtMs > nowMs) return;
      this.#issued.delete(callSid);
    }
  }
}

/** The URL of an unsigned request, with the port that its headers state. Nothing proves what they claim. */
function unsignedUrl({ address, nonLocalReason }: RequestFacts): string {
  if (nonLocalReason === undefined) return `http://${address.host}${address.target}`;
  const [first = address.target, second = first] = candidateUrls(address);
  const origin = first.slice(0, -address.target.length);
  return address.publicUrl === undefined && second.startsWith(`${origin}:`) ? second : first;
}

/** Streams are wss, because Twilio accepts nothing else; ws only on this machine. */
function accept(url: string, facts: RequestFacts, differsFromPublicUrl: boolean): WebhookAuth {
  const baseUrl = url.replace(/\?.*$/s, "").replace(/\/twilio\/\w+$/, "");
  const plain = facts.nonLocalReason === undefined && baseUrl.startsWith("http:");
  return { type: "authenticated", baseUrl, streamBaseUrl: baseUrl.replace(/^https?/, plain ? "ws" : "wss"), differsFromPublicUrl };
}
