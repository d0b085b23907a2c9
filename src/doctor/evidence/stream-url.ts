// What the text of a stream's URL shows before anything is dialled: placeholders that nobody filled in, a missing or
// doubled scheme, characters that no URL has, and hosts that do not belong there. Pure.
// Follows RFC 3986 and https://www.twilio.com/docs/voice/twiml/stream#attributes-url

import { isPrivateHost } from "../../protocol/http/public-address.ts";
import type { CauseCode } from "../causes/causes.ts";

export interface UrlFault {
  readonly cause: Extract<CauseCode, `url-${string}`>;
  /** What is wrong, without the URL. */
  readonly problem: string;
  /** Twilio may still connect: only an error if it does not. */
  readonly mayWork: boolean;
}

type Written = { readonly text: string; readonly host: string; readonly webhookHost: string };
type Rule = (written: Written) => UrlFault | undefined;

const fault = (cause: UrlFault["cause"], problem: string, mayWork = false): UrlFault => ({ cause, problem, mayWork });

/** `written`: the attribute's value; `target`: the URL of the webhook. Undefined: nothing is wrong with the text. */
export function streamUrlFault(written: string, target: string): UrlFault | undefined {
  const facts = { text: written, host: hostOf(written), webhookHost: URL.parse(target)?.hostname ?? "" };
  for (const rule of rules) {
    const found = rule(facts);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Between the scheme's slashes and the next delimiter, without user and port. "": none. */
function hostOf(text: string): string {
  const authority = /^\s*[a-z][a-z0-9+.-]*:\/\/([^/?#\\]*)/i.exec(text)?.[1] ?? "";
  return authority.replace(/^.*@/, "").replace(/:\d*$/, "");
}

const empty: Rule = ({ text }) => (text.trim() === "" ? fault("url-missing", "it is empty") : undefined);

/** Template syntax, the names of settings, and what an unset variable is printed as. */
const templates: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/\$?\{[^}]*\}?|%7b.*?%7d/i, "braces"],
  [/\$\(?[A-Za-z_]\w*\)?(?![^/]*@)/, "a variable"],
  [/<[^>]*>?|&lt;|%3c[^/]*%3e/i, "angle brackets"],
  [/\[(?![0-9a-f:.]+\])[^\]]*\]/i, "square brackets"],
  [/%[A-Z_]{3,}%|%[sd](?![0-9a-f])/, "a format specifier"],
  [/\bprocess\.env\b|\bos\.environ\b|\bos\.getenv\b|\bimport\.meta\b/i, "code"],
  [/\[object \w+\]|\bfunction\s*\(/, "a printed object"],
];

/** Labels of a host that stand for a name still to be written. */
const standIn =
  /^(?:your[-_].+|your(?:domain|host|hostname|server|app|site|company|ngrok|subdomain|url|tunnel)(?:name|here)?|(?:my|sub|some)?-?domain|my-?(?:host|hostname|url)|host|hostname|change-?me|replace-?me|placeholder|todo|x{3,}|[a-z]+_(?:host|hostname|domain|url)|ngrok[-_](?:id|url|host|subdomain|domain))$/i;
/** Names that RFC 2606 and IANA reserve for examples. */
const exampleHost = /(?:^|\.)example(?:\.(?:com|net|org|edu))?$/i;
/** What a missing value is printed as. */
const unset = /^(?:undefined|null|none|nil|nan)(?:\.|$)|^(?:true|false|void)$/i;

const placeholder: Rule = ({ text, host, webhookHost }) => {
  const template = templates.find(([pattern]) => pattern.test(text));
  if (template !== undefined) return fault("url-placeholder", `it has ${template[1]}: a placeholder that was not filled in`);
  if (host === "" && /^[a-z][a-z0-9+.-]*:\/\/(?:[/:?#]|$)/i.test(text.trim())) return fault("url-placeholder", "it has no host");
  if (unset.test(host)) return fault("url-placeholder", `its host is ${host}: a setting without a value`);
  const isExample = exampleHost.test(host) || (host.includes(".") && host.split(".").some((label) => standIn.test(label)));
  if (host !== webhookHost && (isExample || /[A-Z]_[A-Z]/.test(host)))
    return fault("url-placeholder", `its host is ${host}: an example that was not replaced`);
  const segment = text
    .split(/[?#]/)[0]
    ?.split("/")
    .slice(3)
    .find((one) => /^(?:undefined|null|None|NaN|nil)$/.test(one));
  return segment === undefined ? undefined : fault("url-placeholder", `its path has "${segment}": a value that is missing`, true);
};

const scheme = "(?:https?|wss?)";
/** At the beginning: two schemes, even without a colon or slashes. Later: another one with its slashes. */
const doubled = [
  new RegExp(`^\\s*${scheme}:/*${scheme}(?::|%3a|/)`, "i"),
  new RegExp(`^\\s*${scheme}:/*[^/?#]*${scheme}(?::|%3a)//`, "i"),
  new RegExp(`^[^?#]*${scheme}://[^?#]*${scheme}://`, "i"),
];

const schemeTwice: Rule = ({ text }) =>
  doubled.some((pattern) => pattern.test(text)) ? fault("url-scheme-twice", "it has a scheme within the scheme") : undefined;

/** "host.tld/path", "host:8080/path", "//host/path", "wss//host": no scheme, and not a path either. */
const schemeMissing: Rule = ({ text, webhookHost }) => {
  const bare = text.trim();
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(bare)) return undefined;
  if (/^\/\//.test(bare)) return fault("url-scheme-missing", "it begins with // and no scheme", true);
  if (new RegExp(`^${scheme}(?::/?|/+)(?!/)`, "i").test(bare)) return fault("url-malformed", "its scheme is not followed by ://");
  const first = bare.split(/[/?#]/)[0] ?? "";
  const isFile = /\.(?:php|aspx?|jsp|cgi|py|html?|xml)$/i.test(first);
  const isHost =
    (/^[\w-]+(?:\.[\w-]+)*\.(?:[a-z]{2,}|\d+)(?::\d+)?$/i.test(first) && !/^v?\d+\.\d+$/.test(first)) ||
    /^[\w.-]+:\d+$/.test(first) ||
    first === webhookHost ||
    first === "localhost";
  return isHost && !isFile ? fault("url-scheme-missing", "it has no scheme, so it is a path on the webhook's host") : undefined;
};

/** Characters that RFC 3986 allows nowhere; a template's brackets are found before. */
const forbidden: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/[\r\n]/, "a line break"],
  [/\t/, "a tab"],
  [/\\/, "a backslash"],
  [/["`\u2018-\u201f]|%22|&quot;|^'|:\/\/'|'$/, "a quotation mark"],
  [/[\s\u00a0\u200b-\u200d\ufeff]/, "a blank"],
  [/\p{Cc}/u, "a control character"],
];

const malformed: Rule = ({ text }) => {
  const inner = forbidden.find(([pattern]) => pattern.test(text.trim()));
  if (inner !== undefined) return fault("url-malformed", `it contains ${inner[1]}`);
  const outer = forbidden.find(([pattern]) => pattern.test(text));
  if (outer !== undefined) return fault("url-malformed", `it begins or ends with ${outer[1]}`, true);
  if (/^[a-z]+:\/\/\/+/i.test(text)) return fault("url-malformed", "it has three slashes after the scheme");
  if (/^[a-z]+:\/\/[^/?#]*:\d+:\d+/i.test(text)) return fault("url-malformed", "it has two ports");
  return URL.canParse(text, "wss://host/") ? undefined : fault("url-malformed", "it is not a URL");
};

/** Hosts of models and services, which speak another protocol than Media Streams. */
const modelHosts =
  /(?:^|\.)(?:openai\.com|openai\.azure\.com|cognitiveservices\.azure\.com|generativelanguage\.googleapis\.com|elevenlabs\.io|deepgram\.com|x\.ai|anthropic\.com|groq\.com|cartesia\.ai|assemblyai\.com|ultravox\.ai|hume\.ai)$/i;

const modelHost: Rule = ({ host, webhookHost }) =>
  host !== webhookHost && modelHosts.test(host) ? fault("url-model-host", `its host is ${host}`) : undefined;

/**
 * Why a stream at this URL is not dialled: it is a model's own host, and not the one that was asked to be called. It
 * would answer, and prove nothing about the server. Undefined: it may be dialled.
 */
export function modelHostRefusal(url: string, target: string): string | undefined {
  const host = URL.parse(url)?.hostname ?? "";
  const isModel = modelHosts.test(host) && host !== URL.parse(target)?.hostname;
  return isModel ? `${host} is a model's own host, which speaks another protocol: not dialled` : undefined;
}

const loopback = /^(?:localhost|(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\]|0\.0\.0\.0)$/i;

/** Names that resolve nowhere, in no network either (RFC 6761): a fault of DNS. */
const neverResolves = /\.(?:invalid|test|example)$/i;

/** A private host that is not the one by which the webhook was reached. */
const otherPrivateHost: Rule = ({ host, webhookHost }) => {
  if (host === "" || host.toLowerCase() === webhookHost || !isPrivateHost(host) || neverResolves.test(host)) return undefined;
  return fault(
    "url-private",
    `its host is ${host}, and the webhook's is ${webhookHost}`,
    loopback.test(host) && loopback.test(webhookHost),
  );
};

/** The first that fits says most. */
const rules: readonly Rule[] = [empty, schemeTwice, placeholder, malformed, schemeMissing, modelHost, otherPrivateHost];

/** A wss:// URL that was dialled as ws://, in a local trial. */
export function wasDialledPlain(written: string, dialled: string): boolean {
  return /^\s*wss:/i.test(written) && /^ws:/i.test(dialled);
}
