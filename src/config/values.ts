// Readers of setting values, one for each kind: text -> value, or what was expected. The settings: keys.ts.

import process from "node:process";

/** Why a text is not a valid value. */
export interface InvalidValue {
  readonly expected: string;
  readonly hint: string;
}

/** Stands for a secret, as in the log. */
const MASK = "[masked]";

export type Reader<T> = (text: string) => T | InvalidValue;

/** https://developers.openai.com/api/reference/resources/realtime (audio.output.voice). A custom voice is an id: voice_… */
export const voiceNames: readonly string[] = ["alloy", "ash", "ballad", "cedar", "coral", "echo", "marin", "sage", "shimmer", "verse"];

/** Levenshtein distance: how many letters to insert, delete or change. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      next.push(Math.min((row[j] ?? 0) + (letter === other ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The choice with the most similar spelling; "" when there are none. */
export function nearest(text: string, choices: readonly string[]): string {
  return choices.reduce((best, choice) => (distance(text, choice) < distance(text, best) ? choice : best), choices[0] ?? "");
}

/** Any text of at most `maxChars` characters. */
export const text =
  (maxChars: number): Reader<string> =>
  (value) =>
    value.length <= maxChars ? value : { expected: `at most ${maxChars} characters`, hint: `shorten it by ${value.length - maxChars}` };

/** Bounds are inclusive. */
export const wholeNumber =
  (min: number, max: number, example: string): Reader<number> =>
  (text) =>
    /^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max
      ? Number(text)
      : { expected: `a whole number from ${min} to ${max}`, hint: `try ${example}` };

function listOf(choices: readonly string[]): string {
  return `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
}

export function oneOf<const T extends string>(...choices: readonly T[]): Reader<T> {
  return (text) =>
    choices.find((choice) => choice === text) ?? { expected: listOf(choices), hint: `did you mean ${nearest(text, choices)}?` };
}

/** 1, true, yes or 0, false, no. */
export const yesOrNo: Reader<boolean> = (text) => {
  if (["1", "true", "yes"].includes(text)) return true;
  if (["0", "false", "no"].includes(text)) return false;
  return { expected: "1 or 0", hint: "remove the setting for 0" };
};

/** A host name has at most 253 characters (RFC 1123 section 2.1), and its last label is not a number. */
const hostName = /^(?=.{1,253}$)(?:[a-z0-9_][\w-]{0,62}\.)*(?!\d+\.?$)[a-z0-9_][\w-]{0,62}\.?$/i;

/** One number of an IPv4 address. */
const octet = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const ipv4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`);

/** node:net's answer. It takes as long to load as all settings take to read, and usually the address is IPv4. */
export function isIP(text: string): number {
  return ipv4.test(text) ? 4 : process.getBuiltinModule("node:net").isIP(text);
}

/** To listen on. A name of digits and dots is an IPv4 address: resolvers would read "1.2.3" as 1.2.0.3. */
export const address: Reader<string> = (text) => {
  const looksNumeric = /^[\d.]+$/.test(text) || text.includes(":");
  return (looksNumeric ? isIP(text) !== 0 : hostName.test(text))
    ? text
    : {
        expected: "an IP address or host name",
        hint: "use 0.0.0.0 for all interfaces, 127.0.0.1 for this machine only; the port is set by PORT",
      };
};

/** An address and a port, both to listen on. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** "127.0.0.1:9464", "[::1]:9464". */
export const listenAddress: Reader<ListenAddress> = (text) => {
  const [, bracketed, plain = "", digits = ""] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const isValid = typeof address(host) === "string" && (bracketed === undefined || isIP(host) === 6) && Number(digits) <= 65_535;
  return isValid && digits !== ""
    ? Object.freeze({ host, port: Number(digits) })
    : { expected: "an address and a port", hint: "try 127.0.0.1:9464, or 0.0.0.0:9464 for all interfaces" };
};

/** Long enough that no one guesses it, and valid in an HTTP header (RFC 6750 section 2.1). */
export const bearerToken: Reader<string> = (text) =>
  /^[\w.~+/-]{16,200}=*$/.test(text)
    ? text
    : { expected: "16 to 200 letters, digits or -._~+/", hint: "make one with: openssl rand -hex 32" };

/** A collector's URL. Credentials in it would be lost: Node's client ignores them. */
export const collectorUrl: Reader<string> = (text) => {
  const url = URL.parse(text);
  const isHttp = url?.protocol === "http:" || url?.protocol === "https:";
  return url !== null && isHttp && url.hash === "" && url.username === "" && url.password === ""
    ? url.href
    : { expected: "an http:// or https:// URL without credentials or fragment", hint: "try http://127.0.0.1:4318" };
};

/** Names and values. Not a Map: frozen. */
export type Pairs = readonly (readonly [name: string, value: string])[];

/** Of one setting: more is a mistake of its writer. */
const MAX_PAIRS = 64;

/**
 * "a=1,b=two%20words", as OpenTelemetry has it:
 * https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable
 */
export const keyValuePairs: Reader<Pairs> = (text) => {
  const invalid = { expected: `at most ${MAX_PAIRS} name=value pairs, separated by commas`, hint: "write a comma in a value as %2C" };
  const items = text.split(",").map((item) => item.trim());
  const pairs: (readonly [string, string])[] = [];
  for (const item of items.filter((one) => one !== "")) {
    const [, name = "", encoded = ""] = /^([\w.!#$%&'*+^`|~-]+)\s*=\s*([\x20-\x7e]*)$/.exec(item) ?? [];
    try {
      pairs.push([name, decodeURIComponent(encoded)]);
    } catch {
      return invalid;
    }
    if (name === "") return invalid;
  }
  return pairs.length > MAX_PAIRS ? invalid : Object.freeze(pairs);
};

/** A number from 0 to 1. */
export const share: Reader<number> = (text) =>
  /^(0|1|0?\.\d{1,9}|1\.0{1,9})$/.test(text)
    ? Number(text)
    : { expected: "a number from 0 to 1", hint: "try 0.1 for a tenth of the calls" };

/** voice has no events of its own, so SPAN_AND_EVENT is SPAN_ONLY, and EVENT_ONLY is nothing. */
export const captureContent: Reader<boolean> = (text) => {
  const value = text.toUpperCase();
  if (["TRUE", "1", "SPAN_ONLY", "SPAN_AND_EVENT"].includes(value)) return true;
  if (["FALSE", "0", "NO_CONTENT", "EVENT_ONLY"].includes(value)) return false;
  return { expected: "true, false, SPAN_ONLY or NO_CONTENT", hint: "remove the setting for false" };
};

/** An empty Auth Token must never pass: anyone can sign with an empty key. */
export const authToken: Reader<string> = (text) =>
  /^[0-9a-f]{32}$/i.test(text)
    ? text
    : {
        expected: "32 hexadecimal digits",
        hint: "copy the Auth Token from https://console.twilio.com, or remove the setting to run without Twilio",
      };

/** https://www.twilio.com/docs/glossary/what-is-a-sid */
export const accountSid: Reader<string> = (text) =>
  /^AC[0-9a-f]{32}$/i.test(text)
    ? text
    : {
        expected: "AC followed by 32 hexadecimal digits",
        hint: "copy the Account SID from https://console.twilio.com; an SK… is an API key's",
      };

/** E.164 (ITU-T): a plus sign and at most 15 digits, the first not 0. */
const e164 = /^\+[1-9]\d{1,14}$/;

export const phoneNumber: Reader<string> = (text) =>
  e164.test(text) ? text : { expected: "a number in E.164 format", hint: "write the country code and no spaces: +15551234567" };

/** What `<Dial>` can call: a telephone number, or a SIP address (RFC 3261 section 19.1; https://www.twilio.com/docs/voice/twiml/sip). */
export const transferTarget: Reader<string> = (text) =>
  e164.test(text) || /^sips?:[^\s<>"@]{1,64}@[^\s<>"@]{1,180}$/i.test(text)
    ? text
    : { expected: "a number in E.164 format or a SIP address", hint: "try +15551234567 or sip:desk@example.com" };

/** Valid in an HTTP header (RFC 9110 section 5.5). */
export const apiKey: Reader<string> = (text) =>
  /^[\x21-\x7e]+$/.test(text)
    ? text
    : {
        expected: "a key without spaces or control characters",
        hint: "copy it again from https://platform.openai.com/api-keys, or remove the setting for the built-in agent",
      };

export const modelName: Reader<string> = (text) =>
  /^[\x21-\x7e]+$/.test(text) ? text : { expected: "a model name without spaces", hint: "try gpt-realtime-2.1" };

export const voiceName: Reader<string> = (text) =>
  voiceNames.includes(text) || /^voice_\w+$/.test(text)
    ? text
    : { expected: `${voiceNames.join(", ")}, or a custom voice's id (voice_…)`, hint: `did you mean ${nearest(text, voiceNames)}?` };

/** Gives the tag's canonical spelling. */
export const languageTag: Reader<string> = (text) => {
  try {
    return Intl.getCanonicalLocales(text)[0] ?? text;
  } catch {
    return { expected: "a BCP 47 language tag", hint: "try en-US, de-DE or fr-FR" };
  }
};

/** Names of this machine, for which plain http is safe. */
const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** OpenAI's keys and client secrets, and Twilio's tokens: they get into the wrong setting. */
const keyPattern = /\b(?:sk|ek)[-_][\w-]{8,}|\b[0-9a-f]{32,}\b/gi;
/** In a path: webhooks of chat services have their secret there. Words are shorter. */
const longPart = /[\w~-]{20,}/g;

/** A value as a message may show it, valid or not: without keys. */
export function shownText(text: string): string {
  return text.replace(keyPattern, MASK);
}

/**
 * As {@link shownText}, and without what may be secret in a URL: all before its last "@", the values of its query, its
 * fragment, and long parts of its path.
 */
export function shownUrl(text: string): string {
  const scheme = /^\s*(?:[a-z][\w+.-]*:\/+|sips?:)?/i.exec(text)?.[0] ?? "";
  const rest = text.slice(scheme.length);
  const at = rest.lastIndexOf("@");
  const [, host = "", path = "", query = "", fragment = ""] = /^([^/?#]*)([^?#]*)([^#]*)(.*)$/s.exec(rest.slice(at + 1)) ?? [];
  const maskedQuery = query.replace(/([?&][^=&]*=)[^&]+|(?<=^\?)[^=&]+$/g, (_, name: string | undefined) => `${name ?? ""}${MASK}`);
  return shownText(
    `${scheme}${at < 0 ? "" : `${MASK}@`}${host}${path.replace(longPart, MASK)}${maskedQuery}${fragment === "" ? "" : `#${MASK}`}`,
  );
}

/** What {@link shownUrl} hides of a valid URL, for the log to hide too: an error of the runtime may quote the URL. */
export function secretsOf(url: string | undefined): readonly string[] {
  const { pathname = "", searchParams = new URLSearchParams() } = URL.parse(url ?? "") ?? {};
  return [...(pathname.match(longPart) ?? []), ...searchParams.values()];
}

/** https://, or http:// to this machine. */
export const alertUrl: Reader<string> = (text) => {
  const url = URL.parse(text);
  const safe = url?.protocol === "https:" || (url?.protocol === "http:" && loopback.test(url.hostname));
  return url !== null && safe && url.hash === "" && url.username === "" && url.password === ""
    ? url.href
    : {
        expected: "an https:// URL without credentials or fragment",
        hint: "http:// is allowed only to this machine: http://127.0.0.1:9000/alert",
      };
};

/** The end of a path that voice appends by itself, or half of it. */
const ownPath = /(\/+(twilio(\/+(voice|after|fallback|status|stream|realtime))?|healthz|readyz))+$/i;

/** Gives an https:// origin with an optional path, without a trailing slash. */
export const publicUrl: Reader<string> = (text) => {
  const invalid = {
    expected: "an https:// URL without credentials, query or fragment",
    hint: "use the URL that Twilio calls: https://voice.example.com",
  };
  const url = URL.parse(text);
  if (url === null || url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "") return invalid;
  // Twilio opens only wss:// streams (https://www.twilio.com/docs/voice/twiml/stream); plain http is for calls from this machine.
  const isLocalHttp = url.protocol === "http:" && loopback.test(url.hostname);
  if (url.protocol !== "https:" && !isLocalHttp) return invalid;
  const prefix = url.pathname.replace(/\/+$/, "");
  const correct = url.origin + prefix.replace(ownPath, "");
  return ownPath.test(prefix)
    ? { expected: "the URL before /twilio/voice, which voice appends", hint: `use PUBLIC_URL=${correct}` }
    : url.origin + prefix;
};

/** A base URL as the SDKs take it (https://host/v1) to the WebSocket's URL (wss://host/v1/realtime); http and ws mean no TLS. */
export const realtimeUrl: Reader<string> = (text) => {
  const url = URL.parse(text);
  const scheme = { "https:": "wss:", "wss:": "wss:", "http:": "ws:", "ws:": "ws:" }[url?.protocol ?? ""];
  if (url === null || scheme === undefined || url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "") {
    return {
      expected: "an https://, wss://, http:// or ws:// URL without credentials, query or fragment",
      hint: "write it as for the OpenAI SDKs: https://api.openai.com/v1",
    };
  }
  const path = url.pathname.replace(/\/+$/, "");
  return `${scheme}//${url.host}${path.endsWith("/realtime") ? path : `${path}/realtime`}`;
};
