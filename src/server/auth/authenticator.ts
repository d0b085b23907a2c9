// Who is let in: the webhooks' signatures, the callers on this machine, and the stream's token. It decides; it answers and logs nothing.
// Follows https://www.twilio.com/docs/usage/security#validating-requests

import type { Clock } from "../../call/ports.ts";
import type { Config } from "../../config/config.ts";
import { candidateUrls, withTrailingSlash } from "../../protocol/http/candidate-urls.ts";
import { type SignedParams, signatureFits } from "../../protocol/signature.ts";
import type { RequestFacts } from "../http/request-facts.ts";
import { makeToken, readToken, TOKEN_LIFE_MS, type TokenCall, tokenKey } from "./stream-token.ts";

/** What the door needs of the configuration. */
export type DoorSettings = Pick<Config, "publicUrl" | "twilioAuthToken" | "allowUnsigned" | "directStream">;

/** What becomes of a webhook. */
export type WebhookVerdict =
  /** Let in. The base URLs are what stands before our routes, as the caller reaches us: http or https for webhooks, wss or ws for the stream. */
  | { readonly type: "in"; readonly baseUrl: string; readonly streamBaseUrl: string; readonly insteadOfPublicUrl: boolean }
  /** A stranger: 403. */
  | { readonly type: "forbidden"; readonly why: string }
  /** Perhaps Twilio, with a token or an address that is not ours: the caller is told in words, and pays for nothing else. */
  | { readonly type: "misfit"; readonly triedUrls: readonly string[] }
  /** Perhaps Twilio, but we have no token to tell. */
  | { readonly type: "noAuthToken" };

/** What the upgrade's own signature says. Logged; it lets nobody in, but with VOICE_DIRECT_STREAM. */
export type UpgradeSignature = "fits" | "misfit" | "missing" | "unchecked";

/** How long a webhook's answer is repeated with the same token: within it Twilio asks again (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides). */
export const RETRY_MS = 15_000;
/** Tokens remembered at most, the oldest forgotten first. Only who passed the door has one, so strangers cannot fill it. */
export const MAX_TOKENS_REMEMBERED = 10_000;

/** The newest token of a call. Older ones are void. */
interface Given {
  readonly expiresAtMs: number;
  readonly used: boolean;
}

/** The door of one process. A token's making and checking need no memory; that it is used up is remembered here, for as long as it would live. */
export class Door {
  readonly #settings: DoorSettings;
  readonly #clock: Clock;
  readonly #key: Uint8Array;
  /** By CallSid, the earliest expiry first. */
  readonly #given = new Map<string, Given>();

  constructor(settings: DoorSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#key = tokenKey(settings.twilioAuthToken);
  }

  /** Tokens remembered now. */
  get remembered(): number {
    return this.#given.size;
  }

  /** Judges a webhook or callback; `params` are the form's, none for a GET. */
  judgeWebhook(facts: RequestFacts, params: SignedParams): WebhookVerdict {
    const { twilioAuthToken, allowUnsigned, publicUrl } = this.#settings;
    if (twilioAuthToken === undefined) {
      if (allowUnsigned) return letIn(unsignedUrl(facts), facts, false);
      if (facts.signature !== undefined) return { type: "noAuthToken" };
      return facts.notLocal === undefined ? letIn(unsignedUrl(facts), facts, false) : { type: "forbidden", why: facts.notLocal };
    }
    const { signature } = facts;
    if (signature === undefined) return { type: "forbidden", why: "X-Twilio-Signature is missing" };
    const triedUrls = candidateUrls(facts.address);
    const fitting = triedUrls.find((url) => signatureFits(twilioAuthToken, signature, url, params));
    if (fitting === undefined) return { type: "misfit", triedUrls };
    return letIn(fitting, facts, publicUrl !== undefined && fitting !== triedUrls[0]);
  }

  /** Judges the upgrade's own signature: over the wss URL, no parameters, for some URLs with a slash at its end. */
  judgeUpgrade(facts: RequestFacts): UpgradeSignature {
    const { signature } = facts;
    const { twilioAuthToken } = this.#settings;
    if (twilioAuthToken === undefined) return "unchecked";
    if (signature === undefined) return "missing";
    const urls = candidateUrls(facts.address).flatMap((url) => [url, withTrailingSlash(url)]);
    return urls.some((url) => signatureFits(twilioAuthToken, signature, url, {})) ? "fits" : "misfit";
  }

  /** Why a socket has no business here, whatever it may bring; undefined when it may wait for its `start`. */
  judgeSocket(facts: RequestFacts): string | undefined {
    const { twilioAuthToken, allowUnsigned } = this.#settings;
    return twilioAuthToken !== undefined || allowUnsigned ? undefined : facts.notLocal;
  }

  /** The token that a call's next stream must bring: the same for a webhook that is sent again, another one once it was used. */
  giveToken(call: TokenCall): string {
    const nowMs = Math.floor(this.#clock.nowMs());
    this.#forget(nowMs);
    const last = this.#given.get(call.callSid);
    const repeat = last !== undefined && !last.used && last.expiresAtMs - nowMs > TOKEN_LIFE_MS - RETRY_MS;
    const expiresAtMs = repeat ? last.expiresAtMs : Math.max(nowMs + TOKEN_LIFE_MS, (last?.expiresAtMs ?? 0) + 1);
    this.#remember(call.callSid, { expiresAtMs, used: false });
    return makeToken(this.#key, call, expiresAtMs);
  }

  /** Why a `start` is not let in; undefined when it is, and its token is then used up. */
  judgeStart(call: TokenCall, token: string | undefined, upgrade: UpgradeSignature): string | undefined {
    if (this.#settings.directStream && token === undefined && upgrade === "fits") return undefined;
    if (token === undefined) return "no token";
    const expiresAtMs = readToken(this.#key, call, token);
    if (expiresAtMs === undefined) return "the token was not made for this call";
    if (expiresAtMs <= this.#clock.nowMs()) return "the token has expired";
    const newest = this.#given.get(call.callSid);
    if (newest !== undefined && (newest.used ? expiresAtMs <= newest.expiresAtMs : expiresAtMs < newest.expiresAtMs))
      return "the token was used before";
    this.#remember(call.callSid, { expiresAtMs, used: true });
    return undefined;
  }

  #remember(callSid: string, given: Given): void {
    this.#given.delete(callSid);
    this.#given.set(callSid, given);
    if (this.#given.size <= MAX_TOKENS_REMEMBERED) return;
    for (const oldest of this.#given.keys()) {
      this.#given.delete(oldest);
      return;
    }
  }

  #forget(nowMs: number): void {
    for (const [callSid, { expiresAtMs }] of this.#given) {
      if (expiresAtMs > nowMs) return;
      this.#given.delete(callSid);
    }
  }
}

/** The URL of an unsigned request: nothing proves what its headers say. */
function unsignedUrl({ address, notLocal: stranger }: RequestFacts): string {
  if (stranger === undefined) return `http://${address.host}${address.target}`;
  return candidateUrls(address)[0] ?? address.target;
}

/** What stands before our routes in the URL that the caller used. Streams are wss for Twilio takes nothing else; ws only on this machine. */
function letIn(url: string, facts: RequestFacts, insteadOfPublicUrl: boolean): WebhookVerdict {
  const baseUrl = url.replace(/\?.*$/s, "").replace(/\/twilio\/\w+$/, "");
  const plain = facts.notLocal === undefined && baseUrl.startsWith("http:");
  return { type: "in", baseUrl, streamBaseUrl: baseUrl.replace(/^https?/, plain ? "ws" : "wss"), insteadOfPublicUrl };
}
