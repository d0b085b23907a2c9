// Finds settings under a name that voice does not know, and suggests the right one. Values play no part: one may be a
// secret under a wrong name.

import { distance, nearest } from "./values.ts";

/** Names that other programs use, and guesses. By meaning: no spelling is near. */
export const aliases: Readonly<Record<string, string>> = {
  VOICE_PROMPT: "VOICE_INSTRUCTIONS",
  VOICE_SYSTEM_PROMPT: "VOICE_INSTRUCTIONS",
  VOICE_SYSTEM_MESSAGE: "VOICE_INSTRUCTIONS",
  VOICE_SYSTEM: "VOICE_INSTRUCTIONS",
  VOICE_PERSONA: "VOICE_INSTRUCTIONS",
  SYSTEM_PROMPT: "VOICE_INSTRUCTIONS",
  SYSTEM_MESSAGE: "VOICE_INSTRUCTIONS",
  VOICE_WELCOME: "VOICE_GREETING",
  VOICE_HELLO: "VOICE_GREETING",
  VOICE_FIRST_MESSAGE: "VOICE_GREETING",
  VOICE_WELCOME_GREETING: "VOICE_GREETING",
  VOICE: "VOICE_NAME",
  VOICE_VOICE: "VOICE_NAME",
  VOICE_ID: "VOICE_NAME",
  OPENAI_VOICE: "VOICE_NAME",
  OPENAI_VOICE_NAME: "VOICE_NAME",
  VOICE_LANG: "VOICE_LANGUAGE",
  VOICE_LOCALE: "VOICE_LANGUAGE",
  VOICE_MODEL: "OPENAI_MODEL",
  OPENAI_MODEL_NAME: "OPENAI_MODEL",
  OPENAI_REALTIME_MODEL: "OPENAI_MODEL",
  REALTIME_MODEL: "OPENAI_MODEL",
  VOICE_TRANSCRIPTION: "OPENAI_TRANSCRIPTION_MODEL",
  VOICE_TRANSCRIPTION_MODEL: "OPENAI_TRANSCRIPTION_MODEL",
  OPENAI_TRANSCRIBE_MODEL: "OPENAI_TRANSCRIPTION_MODEL",
  OPENAI_KEY: "OPENAI_API_KEY",
  OPENAI_TOKEN: "OPENAI_API_KEY",
  OPENAI_API_TOKEN: "OPENAI_API_KEY",
  OPENAI_SECRET: "OPENAI_API_KEY",
  OPENAI_SECRET_KEY: "OPENAI_API_KEY",
  VOICE_API_KEY: "OPENAI_API_KEY",
  VOICE_KEY: "OPENAI_API_KEY",
  OPENAI_URL: "OPENAI_BASE_URL",
  OPENAI_BASE: "OPENAI_BASE_URL",
  OPENAI_HOST: "OPENAI_BASE_URL",
  OPENAI_ENDPOINT: "OPENAI_BASE_URL",
  OPENAI_API_BASE: "OPENAI_BASE_URL",
  OPENAI_API_URL: "OPENAI_BASE_URL",
  OPENAI_REALTIME_URL: "OPENAI_BASE_URL",
  VOICE_BASE_URL: "OPENAI_BASE_URL",
  TWILIO_TOKEN: "TWILIO_AUTH_TOKEN",
  TWILIO_AUTH: "TWILIO_AUTH_TOKEN",
  TWILIO_SECRET: "TWILIO_AUTH_TOKEN",
  TWILIO_API_TOKEN: "TWILIO_AUTH_TOKEN",
  VOICE_TOKEN: "TWILIO_AUTH_TOKEN",
  VOICE_AUTH_TOKEN: "TWILIO_AUTH_TOKEN",
  TWILIO_SID: "TWILIO_ACCOUNT_SID",
  TWILIO_ACCOUNT: "TWILIO_ACCOUNT_SID",
  TWILIO_ACCOUNT_ID: "TWILIO_ACCOUNT_SID",
  TWILIO_NUMBER: "TWILIO_PHONE_NUMBER",
  TWILIO_PHONE: "TWILIO_PHONE_NUMBER",
  TWILIO_FROM: "TWILIO_PHONE_NUMBER",
  TWILIO_FROM_NUMBER: "TWILIO_PHONE_NUMBER",
  TWILIO_CALLER_ID: "TWILIO_PHONE_NUMBER",
  VOICE_NUMBER: "TWILIO_PHONE_NUMBER",
  VOICE_ADDRESS: "HOST",
  VOICE_BIND: "HOST",
  VOICE_LISTEN: "HOST",
  VOICE_URL: "PUBLIC_URL",
  VOICE_HOSTNAME: "PUBLIC_URL",
  VOICE_DOMAIN: "PUBLIC_URL",
  VOICE_WEBHOOK_URL: "PUBLIC_URL",
  PUBLIC_HOST: "PUBLIC_URL",
  PUBLIC_DOMAIN: "PUBLIC_URL",
  PUBLIC_BASE_URL: "PUBLIC_URL",
  VOICE_TRANSFER: "VOICE_TRANSFER_TO",
  VOICE_TRANSFER_NUMBER: "VOICE_TRANSFER_TO",
  VOICE_FALLBACK_NUMBER: "VOICE_TRANSFER_TO",
  VOICE_FORWARD_TO: "VOICE_TRANSFER_TO",
  VOICE_WEBHOOK: "VOICE_ALERT_URL",
  VOICE_ALERT: "VOICE_ALERT_URL",
  VOICE_ALERTS: "VOICE_ALERT_URL",
  VOICE_CALLS: "VOICE_MAX_CALLS",
  VOICE_CONCURRENCY: "VOICE_MAX_CALLS",
  VOICE_MAX_CONCURRENT_CALLS: "VOICE_MAX_CALLS",
  VOICE_MEMORY: "VOICE_MAX_MEMORY_MB",
  VOICE_RECORDINGS: "VOICE_RECORDS",
  VOICE_DB: "VOICE_RECORDS",
  VOICE_LOG: "VOICE_LOG_LEVEL",
  VOICE_DEBUG: "VOICE_LOG_LEVEL",
  VOICE_VERBOSE: "VOICE_LOG_LEVEL",
  LOG_LEVEL: "VOICE_LOG_LEVEL",
  LOG_FORMAT: "VOICE_LOG_FORMAT",
  VOICE_ENV: "VOICE_ENV_FILE",
  VOICE_APOLOGY: "VOICE_SENTENCE_APOLOGY",
  VOICE_GOODBYE: "VOICE_SENTENCE_GOODBYE",
};

/** The greatest distance at which one name is taken for a misspelling of another. */
function isNear(name: string, setting: string): boolean {
  return distance(name, setting) <= Math.max(2, Math.floor(name.length / 4));
}

/** The setting with another prefix or in other letters, or under a common other name. Undefined when there is none. */
export function synonymOf(name: string, known: readonly string[]): string | undefined {
  const spelt = name.toUpperCase().replace(/_+$/, "");
  return [spelt, spelt.replace(/^VOICE_/, ""), `VOICE_${spelt}`, aliases[spelt] ?? aliases[`VOICE_${spelt}`] ?? ""].find((one) =>
    known.includes(one),
  );
}

/** The setting that somebody means by this name; undefined when none is likely. */
function meant(name: string, known: readonly string[]): string | undefined {
  const close = nearest(name.toUpperCase(), known);
  return synonymOf(name, known) ?? (isNear(name.toUpperCase(), close) ? close : undefined);
}

/** Names that only voice uses: all of them should be known. */
const own = /^VOICE_/i;
/** Names that other programs share: reported only when they are near a setting, and that setting is not set. */
const shared = /^(TWILIO|OPENAI|PUBLIC)_/i;
/** Settings of the SDKs, which voice does not use. */
const foreign = [
  "OPENAI_ORG_ID",
  "OPENAI_ORGANIZATION",
  "OPENAI_PROJECT_ID",
  "OPENAI_PROJECT",
  "OPENAI_LOG",
  "TWILIO_API_KEY",
  "TWILIO_API_SECRET",
  "TWILIO_REGION",
  "TWILIO_EDGE",
];

export interface Misspelt {
  readonly name: string;
  /** Undefined: no setting is near. */
  readonly meant: string | undefined;
}

/**
 * `names` are set. `inFile` are those of the env file, which is voice's own: there, also a name that other programs
 * use is reported, if it is an alias.
 */
export function findMisspelt(names: readonly string[], inFile: readonly string[], known: readonly string[]): readonly Misspelt[] {
  return names.flatMap((name) => {
    if (known.includes(name)) return [];
    if (own.test(name)) return [{ name, meant: meant(name, known) }];
    if (foreign.includes(name) || !(shared.test(name) || inFile.includes(name))) return [];
    const suggestion = shared.test(name)
      ? meant(name, known)
      : (aliases[name.toUpperCase()] ?? known.find((one) => one === name.toUpperCase()));
    return suggestion === undefined || names.includes(suggestion) ? [] : [{ name, meant: suggestion }];
  });
}
