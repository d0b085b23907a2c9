// Finds the URL that a request was signed for. Exact checks come first and decide nearly every request; what Twilio is
// known to sign only now and then costs more, so its checks share a budget per second: a stranger's invalid signatures
// must not slow running calls down.

import type { Clock } from "../../call/ports.ts";
import { candidateUrls, type RequestAddress, withDefaultPort, withoutPort, withTrailingSlash } from "../../protocol/http/candidate-urls.ts";
import { likelyQueries, queryMixtures } from "../../protocol/http/query-spellings.ts";
import { exactCheck, joinParams, type SignedParams, signatureFits } from "../../protocol/signature.ts";

export type SignedUrl =
  | { readonly url: string; readonly triedUrls: readonly string[] }
  /** `isOverBudget`: further spellings were not tried. */
  | { readonly url: undefined; readonly triedUrls: readonly string[]; readonly isOverBudget: boolean };

/** Characters to hash in a second for rare spellings: about 2 ms. */
export const RARE_CHARS_PER_SECOND = 1_000_000;
/**
 * Characters to check leniently in a second: about 3 ms. It hashes each up to six times, and parses the
 * query.
 */
export const LENIENT_CHARS_PER_SECOND = 20_000;
const BUDGET_MS = 1_000;
/** Longer URLs fit no signature. The query of a GET webhook has about 1,500 characters, a stream's URL has none. */
export const MAX_TARGET_CHARS = 8_192;

export class SignedUrlFinder {
  readonly #authToken: string;
  readonly #rare: Budget;
  readonly #lenient: Budget;

  constructor(authToken: string, clock: Clock) {
    this.#authToken = authToken;
    this.#rare = new Budget(clock, RARE_CHARS_PER_SECOND);
    this.#lenient = new Budget(clock, LENIENT_CHARS_PER_SECOND);
  }

  /** `params` are the form's. An upgrade's URL may also be signed with a slash at the end of its path. */
  find(address: RequestAddress, signature: string, params: SignedParams): SignedUrl {
    const triedUrls = candidateUrls(address);
    const none = (isOverBudget: boolean): SignedUrl => ({ url: undefined, triedUrls, isOverBudget });
    const fits = exactCheck(this.#authToken, signature, params);
    if (fits === undefined || address.target.length > MAX_TARGET_CHARS) return none(false);
    const [, query] = splitQuery(address.target);
    const starts = signedStarts(triedUrls, address.upgrade, withoutPort);
    for (const spelling of likelyQueries(query)) {
      for (const [start, url] of starts) if (fits(start + spelling)) return { url, triedUrls };
    }
    const formChars = joinParams(params).length;
    let isOverBudget = false;
    const isPaid = (budget: Budget, text: string): boolean => {
      const paid = budget.spend(text.length + formChars);
      isOverBudget ||= !paid;
      return paid;
    };
    for (const [text, url] of rareTexts(triedUrls, query, address.upgrade)) {
      if (!isPaid(this.#rare, text)) break;
      if (fits(text)) return { url, triedUrls };
    }
    for (const url of triedUrls) {
      for (const text of pathSpellings(url, address.upgrade)) {
        if (!isPaid(this.#lenient, text)) return none(true);
        if (signatureFits(this.#authToken, signature, text, params)) return { url, triedUrls };
      }
    }
    return none(isOverBudget);
  }
}

/** The URLs without their queries, as is and respelled, each with the URL that it stands for. */
function signedStarts(urls: readonly string[], upgrade: boolean, respell: (url: string) => string): ReadonlyMap<string, string> {
  const starts = new Map<string, string>();
  for (const url of urls) {
    const [start] = splitQuery(url);
    for (const spelling of [start, respell(start)].flatMap((one) => pathSpellings(one, upgrade))) {
      // The first URL counts: it is the likeliest.
      if (!starts.has(spelling)) starts.set(spelling, url);
    }
  }
  return starts;
}

/** What is signed only now and then, made one by one, each with the URL that it stands for. */
function* rareTexts(urls: readonly string[], query: string, upgrade: boolean): Generator<readonly [text: string, url: string], void> {
  for (const url of urls) {
    for (const text of pathSpellings(withDefaultPort(url), upgrade)) yield [text, url];
  }
  const starts = signedStarts(urls, upgrade, withDefaultPort);
  for (const mixture of queryMixtures(query)) {
    for (const [start, url] of starts) yield [start + mixture, url];
  }
}

/** Before the `?`, and the rest from there on. */
function splitQuery(url: string): readonly [start: string, query: string] {
  const at = url.indexOf("?");
  return at < 0 ? [url, ""] : [url.slice(0, at), url.slice(at)];
}

function pathSpellings(url: string, upgrade: boolean): readonly string[] {
  return upgrade ? [url, withTrailingSlash(url)] : [url];
}

/** An amount for each second, shared by all requests. */
class Budget {
  readonly #clock: Clock;
  readonly #perSecond: number;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #left = 0;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /** False when the amount exceeds what is left of this second. */
  spend(amount: number): boolean {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#sinceMs >= BUDGET_MS || nowMs < this.#sinceMs) {
      this.#sinceMs = nowMs;
      this.#left = this.#perSecond;
    }
    if (amount > this.#left) return false;
    this.#left -= amount;
    return true;
  }
}
