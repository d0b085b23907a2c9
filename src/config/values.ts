// What the text of a setting becomes, and what it should have been: one reader for each kind of value. Not the settings themselves (config/keys.ts).

/** What a value should have been. */
export interface Wrong {
  readonly expected: string;
  readonly hint: string;
}

/** Text of a setting to its value, or what it should have been. Never throws. */
export type Reader<T> = (text: string) => T | Wrong;

/** The voices of https://developers.openai.com/api/reference/resources/realtime (audio.output.voice); a custom one is an id, voice_…. */
const voiceNames = ["alloy", "ash", "ballad", "cedar", "coral", "echo", "marin", "sage", "shimmer", "verse"];

/** How many letters must be put in, taken out or changed to make `b` of `a` (Levenshtein's distance). */
function distance(a: string, b: string): number {
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

/** The choice that is spelt most like the text; "" when there are none. */
export function nearest(text: string, choices: readonly string[]): string {
  return choices.reduce((best, choice) => (distance(text, choice) < distance(text, best) ? choice : best), choices[0] ?? "");
}

/** Words for people or for the model, of at most so many characters. */
export const words =
  (maxChars: number): Reader<string> =>
  (text) =>
    text.length <= maxChars ? text : { expected: `at most ${maxChars} characters`, hint: "shorten it" };

/** Decimal digits, within these bounds, both included. */
export const wholeNumber =
  (min: number, max: number, example: string): Reader<number> =>
  (text) =>
    /^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max
      ? Number(text)
      : { expected: `a whole number from ${min} to ${max}`, hint: `try ${example}` };

/** One of these words, as written here. */
export function oneOf<const T extends string>(...choices: readonly T[]): Reader<T> {
  return (text) =>
    choices.find((choice) => choice === text) ?? { expected: choices.join(", "), hint: `did you mean ${nearest(text, choices)}?` };
}

/** 1, true, yes or 0, false, no. */
export const yesOrNo: Reader<boolean> = (text) => {
  if (["1", "true", "yes"].includes(text)) return true;
  if (["0", "false", "no"].includes(text)) return false;
  return { expected: "1 or 0", hint: "leave it out for 0" };
};

/** An address or host name to listen on. */
export const address: Reader<string> = (text) =>
  /^[\w.:%-]+$/.test(text)
    ? text
    : { expected: "an address or a host name", hint: "0.0.0.0 for every interface, 127.0.0.1 for this machine only" };

/** Twilio's Auth Token: 32 hexadecimal digits. An empty one must never pass: a signature under an empty key can be made by anybody. */
export const authToken: Reader<string> = (text) =>
  /^[0-9a-f]{32}$/i.test(text)
    ? text
    : {
        expected: "32 hexadecimal digits",
        hint: "copy the Auth Token from https://console.twilio.com; take the line out to run without Twilio",
      };

/** Twilio's Account SID: https://www.twilio.com/docs/glossary/what-is-a-sid */
export const accountSid: Reader<string> = (text) =>
  /^AC[0-9a-f]{32}$/i.test(text)
    ? text
    : {
        expected: "AC and 32 hexadecimal digits",
        hint: "copy the Account SID from https://console.twilio.com; an API key's SK… is not one",
      };

/** E.164 (ITU-T): a plus sign and at most 15 digits, the first not 0. */
const e164 = /^\+[1-9]\d{1,14}$/;

/** A telephone number, E.164. */
export const phoneNumber: Reader<string> = (text) =>
  e164.test(text) ? text : { expected: "a number in E.164", hint: "with country code and without spaces: +15551234567" };

/** Whom `<Dial>` can call: a telephone number, or a SIP address (RFC 3261 19.1; https://www.twilio.com/docs/voice/twiml/sip). */
export const transferTarget: Reader<string> = (text) =>
  e164.test(text) || /^sips?:[^\s<>"@]{1,64}@[^\s<>"@]{1,180}$/i.test(text)
    ? text
    : { expected: "a number in E.164 or a SIP address", hint: "try +15551234567 or sip:desk@example.com" };

/** A key that can stand in an HTTP header (RFC 9110 5.5). */
export const apiKey: Reader<string> = (text) =>
  /^[\x21-\x7e]+$/.test(text)
    ? text
    : {
        expected: "a key without white space",
        hint: "copy it again from https://platform.openai.com/api-keys; take the line out for the built-in agent",
      };

/** A model's name, which goes into a URL. */
export const modelName: Reader<string> = (text) =>
  /^[\x21-\x7e]+$/.test(text) ? text : { expected: "a model's name without white space", hint: "try gpt-realtime-2.1" };

/** One of the model's voices, or a custom one's id. */
export const voiceName: Reader<string> = (text) =>
  voiceNames.includes(text) || /^voice_\w+$/.test(text)
    ? text
    : { expected: `${voiceNames.join(", ")}, or the id of a custom voice (voice_…)`, hint: `did you mean ${nearest(text, voiceNames)}?` };

/** A BCP 47 tag, in its canonical spelling. */
export const languageTag: Reader<string> = (text) => {
  try {
    return Intl.getCanonicalLocales(text)[0] ?? text;
  } catch {
    return { expected: "a BCP 47 language tag", hint: "try en-US, de-DE or fr-FR" };
  }
};

/** Names of this machine, on which plain http is no risk. */
const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** An https:// URL, or http:// to this machine, as it was written. */
export const alertUrl: Reader<string> = (text) => {
  const url = URL.parse(text);
  const good = url !== null && url.hash === "" && (url.protocol === "https:" || (url.protocol === "http:" && loopback.test(url.hostname)));
  return good
    ? url.href
    : { expected: "an https:// address", hint: "plain http:// is taken for this machine only: http://127.0.0.1:9000/alert" };
};

/** An https:// origin with an optional path, without the slash at its end. */
export const publicUrl: Reader<string> = (text) => {
  const wrong = {
    expected: "an https:// address without query or fragment",
    hint: "write it as Twilio reaches this server: https://voice.example.com",
  };
  const url = URL.parse(text);
  if (url === null || url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "") return wrong;
  // Twilio opens only wss:// streams (https://www.twilio.com/docs/voice/twiml/stream); plain http is for callers on this machine.
  const plainHere = url.protocol === "http:" && loopback.test(url.hostname);
  if (url.protocol !== "https:" && !plainHere) return wrong;
  return url.origin + url.pathname.replace(/\/+$/, "");
};

/** The base URL as the SDK has it, https://host/v1, to the WebSocket's URL; http and ws mean a plain socket. */
export const realtimeUrl: Reader<string> = (text) => {
  const url = URL.parse(text);
  const scheme = { "https:": "wss:", "wss:": "wss:", "http:": "ws:", "ws:": "ws:" }[url?.protocol ?? ""];
  if (url === null || scheme === undefined || url.search !== "" || url.hash !== "" || url.username !== "") {
    return {
      expected: "an https://, wss://, http:// or ws:// address without query",
      hint: "write it as the OpenAI SDKs do: https://api.openai.com/v1",
    };
  }
  const path = url.pathname.replace(/\/+$/, "");
  return `${scheme}//${url.host}${path.endsWith("/realtime") ? path : `${path}/realtime`}`;
};
