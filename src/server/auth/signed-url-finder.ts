// Finds the URL that a request was signed for. Anyone can send invalid signatures, and they must not slow running calls
// down: each request has a small allowance for its checks, which is enough for every way in which Twilio usually signs.
// What a large or strange request needs beyond that is paid from a budget that all requests share, and that is given
// back when the signature fits. So no flood keeps an honest request from being checked.

import type { Clock } from "../../call/ports.ts";
import { candidateUrls, type RequestAddress, withDefaultPort, withoutPort, withTrailingSlash } from "../../protocol/http/candidate-urls.ts";
import { likelySpellings, mayDiffer, type QuerySpelling, queryMixtures, steadySpellings } from "../../protocol/http/query-spellings.ts";
import { exactCheck, joinParams, type SignedParams, type StartCheck, signatureFits } from "../../protocol/signature.ts";
import { WorkBudget } from "./work-budget.ts";

/** URLs are without their query. */
export type SignedUrl =
  | { readonly url: string; readonly triedUrls: readonly string[] }
  /** `isOverBudget`: further spellings were not tried. */
  | { readonly url: undefined; readonly triedUrls: readonly string[]; readonly isOverBudget: boolean };

/**
 * Characters that each request may have hashed, about 0.05 ms: eight URLs with one of Twilio's forms, which have 1,000
 * to 3,000.
 */
export const ALLOWED_CHARS = 32_000;
/** Characters to hash beyond that, for all requests: at once, about 2 ms; and a second in the long run. */
export const SHARED_BURST_CHARS = 1_000_000;
export const SHARED_CHARS_PER_SECOND = 500_000;
/** What one check costs besides its characters, as characters hashed. */
const CHECK_CHARS = 1_000;
/** What a rare spelling costs for each character of the query: it is searched and replaced several times. */
const SPELLING_CHARS = 4;
/** What it costs to see which spellings a query has, for each of its characters: it is parsed and written again. */
const SURVEY_CHARS = 16;
/**
 * Characters to check leniently, at once, about 3 ms; and a second in the long run. It hashes each up to six times, and
 * parses the query.
 */
export const LENIENT_BURST_CHARS = 24_000;
export const LENIENT_CHARS_PER_SECOND = 6_000;
/** Longer URLs fit no signature. The query of a GET webhook has about 1,500 characters, a stream's URL has none. */
export const MAX_TARGET_CHARS = 8_192;
/** An account signs in one way for webhooks and in one for streams. */
export const MAX_HABITS = 8;

/** How an earlier request was signed. */
interface Habit {
  /** Host and port of the URL, and those in the signed text, which may have another port. */
  readonly authority: string;
  readonly signedAuthority: string;
  readonly spell: QuerySpelling;
}

/** Signed texts without their queries, each with the URL that it stands for. */
type Starts = ReadonlyMap<string, string>;

/** Texts to check: made one by one, because making all costs more than most requests may. */
interface Attempt {
  readonly spell: QuerySpelling;
  /** What making the query costs, as characters hashed. */
  readonly chars: number;
  readonly starts: () => Starts;
}

export class SignedUrlFinder {
  readonly #authToken: string;
  readonly #shared: WorkBudget;
  readonly #lenient: WorkBudget;
  /** The latest first. Only signed requests get in. */
  #habits: readonly Habit[] = [];

  constructor(authToken: string, clock: Clock) {
    this.#authToken = authToken;
    this.#shared = new WorkBudget(clock, SHARED_BURST_CHARS, SHARED_CHARS_PER_SECOND);
    this.#lenient = new WorkBudget(clock, LENIENT_BURST_CHARS, LENIENT_CHARS_PER_SECOND);
  }

  /** `params` are the form's. An upgrade's URL may also be signed with a slash at the end of its path. */
  find(address: RequestAddress, signature: string, params: SignedParams): SignedUrl {
    const { target, upgrade } = address;
    const [path, query] = splitQuery(target);
    const triedUrls = candidateUrls({ ...address, target: path });
    const none = (isOverBudget: boolean): SignedUrl => ({ url: undefined, triedUrls, isOverBudget });
    const joined = joinParams(params);
    const over = exactCheck(this.#authToken, signature, joined);
    if (over === undefined || target.length > MAX_TARGET_CHARS) return none(false);
    const textChars = query.length + joined.length + CHECK_CHARS;
    const found = this.#search(this.#attempts(triedUrls, query, upgrade), query, over, textChars);
    if (typeof found === "object") return { url: found.url, triedUrls };
    for (const url of triedUrls) {
      for (const start of pathSpellings(url, upgrade)) {
        if (!this.#lenient.spend(start.length + textChars)) return none(true);
        if (signatureFits(this.#authToken, signature, start + query, params)) return { url, triedUrls };
      }
    }
    return none(found === "overBudget");
  }

  /** Undefined: no text fits. */
  #search(
    attempts: Iterable<Attempt>,
    query: string,
    over: (query: string) => StartCheck,
    textChars: number,
  ): { readonly url: string } | "overBudget" | undefined {
    const purse = new Purse(this.#shared);
    /** By the query's spelling. */
    const tried = new Map<string, Set<string>>();
    for (const { spell, starts, chars } of attempts) {
      if (!purse.pay(chars)) return "overBudget";
      const toTry = starts();
      if (toTry.size === 0) continue;
      const spelled = spell(query);
      const fits = over(spelled);
      const before = tried.get(spelled) ?? new Set<string>();
      tried.set(spelled, before);
      for (const [start, url] of toTry) {
        if (before.has(start)) continue;
        before.add(start);
        if (!purse.pay(textChars)) return "overBudget";
        if (!fits(start)) continue;
        purse.giveBack();
        this.#remember({ authority: authorityOf(url), signedAuthority: authorityOf(start), spell });
        return { url };
      }
    }
    return undefined;
  }

  /** The likeliest first: as earlier requests were signed, then as Twilio usually signs, then what is rare. */
  *#attempts(urls: readonly string[], query: string, upgrade: boolean): Generator<Attempt, void> {
    const costOf = (spell: QuerySpelling): number => (spell === likelySpellings[0] ? 0 : CHECK_CHARS + SPELLING_CHARS * query.length);
    for (const habit of this.#habits) {
      yield { spell: habit.spell, chars: costOf(habit.spell), starts: () => habitualStarts(urls, upgrade, habit) };
    }
    const likely = mayDiffer(query) ? likelySpellings : likelySpellings.slice(0, 1);
    const usual = once(() => signedStarts(urls, upgrade, withoutPort));
    for (const spell of likely) yield { spell, chars: costOf(spell), starts: usual };
    const rare = once(() => signedStarts(urls, upgrade, withDefaultPort));
    for (const spell of likely) yield { spell, chars: CHECK_CHARS + costOf(spell), starts: rare };
    if (query === "") return;
    // Seeing which mixtures there are costs more than making one, so it is paid for before.
    yield { spell: likelySpellings[0], chars: CHECK_CHARS + SURVEY_CHARS * query.length, starts: () => new Map() };
    for (const spell of queryMixtures(query)) yield { spell, chars: costOf(spell), starts: rare };
  }

  #remember(habit: Habit): void {
    if (!steadySpellings.has(habit.spell)) return;
    const isSame = (other: Habit): boolean =>
      other.authority === habit.authority && other.signedAuthority === habit.signedAuthority && other.spell === habit.spell;
    this.#habits = [habit, ...this.#habits.filter((other) => !isSame(other))].slice(0, MAX_HABITS);
  }
}

/** What one request may spend: its own allowance first, then what all requests share. */
class Purse {
  readonly #shared: WorkBudget;
  #allowed = ALLOWED_CHARS;
  #spentShared = 0;

  constructor(shared: WorkBudget) {
    this.#shared = shared;
  }

  /** False when there is not enough left. */
  pay(chars: number): boolean {
    if (chars <= this.#allowed) {
      this.#allowed -= chars;
      return true;
    }
    if (!this.#shared.spend(chars)) return false;
    this.#spentShared += chars;
    return true;
  }

  /** The signature fits: it was not a stranger's. */
  giveBack(): void {
    this.#shared.giveBack(this.#spentShared);
    this.#spentShared = 0;
  }
}

/** The URLs without their queries, as is and respelled, each with the URL that it stands for. */
function signedStarts(urls: readonly string[], upgrade: boolean, respell: (url: string) => string): Starts {
  const starts = new Map<string, string>();
  for (const url of urls) {
    for (const spelling of [url, respell(url)].flatMap((one) => pathSpellings(one, upgrade))) {
      // The first URL counts: it is the likeliest.
      if (!starts.has(spelling)) starts.set(spelling, url);
    }
  }
  return starts;
}

/** Those of the URLs that have the habit's host, as it was signed, with either scheme. */
function habitualStarts(urls: readonly string[], upgrade: boolean, { authority, signedAuthority }: Habit): Starts {
  const habitual = urls.filter((url) => authorityOf(url) === authority);
  return signedStarts(habitual, upgrade, (url) => url.replace(/^(\w+:\/\/)[^/]*/, (_, scheme: string) => scheme + signedAuthority));
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Before the `?`, and the rest from there on. */
function splitQuery(target: string): readonly [path: string, query: string] {
  const at = target.indexOf("?");
  return at < 0 ? [target, ""] : [target.slice(0, at), target.slice(at)];
}

function authorityOf(url: string): string {
  return /^\w+:\/\/([^/]*)/.exec(url)?.[1] ?? "";
}

function pathSpellings(url: string, upgrade: boolean): readonly string[] {
  return upgrade ? [url, withTrailingSlash(url)] : [url];
}
