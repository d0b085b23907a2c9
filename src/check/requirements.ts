// What `voice check` tests: the requirement, the expectation and the source of each finding. Pure. What was found is
// added by the other files here.

import type { Finding, Level } from "../report/finding.ts";
import type { NetworkFailure } from "../simulators/twilio/webhook-answer.ts";

export type CheckStage = "settings" | "model" | "server" | "address" | "account";

/** How a requirement stands: the part of a finding that is found. */
export interface Outcome {
  readonly level: Level;
  /** No secrets. */
  readonly actual: string;
  /** Present unless the level is ok or untested. */
  readonly fix?: string;
  /** How the connection failed. */
  readonly cause?: NetworkFailure;
  readonly twilioCode?: number;
}

type Requirement = Pick<Finding<CheckStage>, "stage" | "requirement" | "expected" | "source">;

const modelsPage = "https://developers.openai.com/api/reference/resources/models";
const realtimePage = "https://developers.openai.com/api/docs/guides/realtime-websocket";
const streamPage = "https://www.twilio.com/docs/voice/twiml/stream";
const numberPage = "https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource";

const requirements = {
  "openai.model": {
    stage: "model",
    requirement: "The key is valid and may use OPENAI_MODEL, which is not about to be shut down.",
    expected: "the model is listed, with no shutdown date within 90 days",
    source: modelsPage,
  },
  "openai.transcription": {
    stage: "model",
    requirement: "The key may use OPENAI_TRANSCRIPTION_MODEL, which is not about to be shut down.",
    expected: "the model is listed, with no shutdown date within 90 days",
    source: modelsPage,
  },
  "openai.session": {
    stage: "model",
    requirement: "A Realtime session opens and accepts the settings that calls use.",
    expected: "session.updated within 8 s, audio/pcmu both ways",
    source: realtimePage,
  },
  "openai.speech": {
    stage: "model",
    requirement: "The model speaks.",
    expected: "audio within 8 s",
    source: realtimePage,
  },
  "server.local": {
    stage: "server",
    requirement: "voice runs on HOST and PORT, or can be started there.",
    expected: "voice on that port, or a free port",
    source: "docs/operations.md",
  },
  "address.public": {
    stage: "address",
    requirement: "PUBLIC_URL reaches this voice.",
    expected: "GET /healthz is answered by this process",
    source: "https://www.twilio.com/docs/usage/webhooks/getting-started-twilio-webhooks",
  },
  "address.webhook": {
    stage: "address",
    requirement: "A signed webhook at PUBLIC_URL is answered with a stream.",
    expected: "HTTP 200, <Connect><Stream>",
    source: "https://www.twilio.com/docs/usage/security#validating-requests",
  },
  "address.stream": {
    stage: "address",
    requirement: "The stream URL opens a WebSocket to this voice.",
    expected: "HTTP 101 from this process",
    source: streamPage,
  },
  "twilio.account": {
    stage: "account",
    requirement: "The Twilio credentials are valid, and the token is the primary one, which Twilio signs with.",
    expected: "an active account with this primary token",
    source: "https://www.twilio.com/docs/iam/api/account",
  },
  "twilio.number": {
    stage: "account",
    requirement: "Calls to TWILIO_PHONE_NUMBER come to this voice.",
    expected: "a webhook to /twilio/voice, HTTP POST",
    source: numberPage,
  },
  "twilio.fallback": {
    stage: "account",
    requirement: "Calls are answered when this host is down.",
    expected: "a fallback URL on another host",
    source: "https://www.twilio.com/docs/usage/security/availability-reliability#fallback-urls",
  },
  "twilio.status": {
    stage: "account",
    requirement: "Twilio reports the end of each call to this voice.",
    expected: "a status callback to /twilio/status",
    source: numberPage,
  },
} as const satisfies Readonly<Record<string, Requirement>>;

export type CheckId = keyof typeof requirements;

export function checkFinding(id: CheckId, { level, actual, fix, ...more }: Outcome): Finding<CheckStage> {
  return { id, level, ...requirements[id], actual, ...(fix === undefined ? {} : { fix: { text: fix } }), ...more };
}

/** A setting that is missing, or does not do what it seems to. */
export function settingFinding(
  setting: string,
  { level, actual, fix }: Required<Pick<Outcome, "level" | "actual" | "fix">>,
): Finding<CheckStage> {
  return {
    id: `setting.${setting}`,
    stage: "settings",
    level,
    requirement: `${setting} is set so that calls work.`,
    expected: "a usable value",
    actual,
    source: "docs/operations.md",
    fix: { text: fix },
  };
}
