// The TwiML of transfers: whom Twilio dials, and what the person hears before the caller is connected.
// Follows https://www.twilio.com/docs/voice/twiml/dial, .../twiml/number, .../twiml/sip, .../twiml/gather

import VoiceResponse from "twilio/lib/twiml/VoiceResponse.js";
import { speak, withoutForbidden } from "./twiml.ts";

/** From the end of the question to the key that answers it. */
const KEY_S = 6;

export interface DialPeople {
  /** What the caller hears first; undefined: nothing. */
  readonly sentence: string | undefined;
  /** BCP 47. */
  readonly language: string;
  /** Numbers in E.164 format, sip: and sips: URIs, at most ten: dialled at the same time. */
  readonly targets: readonly string[];
  readonly ringS: number;
  /** What the person's telephone shows; undefined: the caller's number. */
  readonly callerId: string | undefined;
  /** Requested when a person has answered, before the caller is connected; undefined: connected at once. */
  readonly screenUrl: string | undefined;
  /** Requested with DialCallStatus and DialBridged when the dial is over; undefined: the call ends then. */
  readonly actionUrl: string | undefined;
}

/** Dials people. With answerOnBridge the caller hears the ringing until the two are connected. */
export function dialTwiml({ sentence, language, targets, ringS, callerId, screenUrl, actionUrl }: DialPeople): string {
  const response = new VoiceResponse();
  if (sentence !== undefined) speak(response, sentence, language);
  const action = actionUrl === undefined ? {} : { action: actionUrl, method: "POST" as const };
  const shown = callerId === undefined ? {} : { callerId };
  const dial = response.dial({ ...action, ...shown, timeout: ringS, answerOnBridge: true });
  const screen = screenUrl === undefined ? {} : { url: screenUrl, method: "POST" as const };
  for (const target of targets) {
    if (/^sips?:/i.test(target)) dial.sip(screen, withoutForbidden(target));
    else dial.number(screen, withoutForbidden(target));
  }
  return response.toString();
}

export interface ScreenPrompt {
  /** Who calls and why. */
  readonly words: string;
  /** Asks the person to press 1. */
  readonly ask: string;
  readonly language: string;
  /** Requested with Digits when a key was pressed. */
  readonly actionUrl: string;
}

/**
 * Says who calls, and waits for one key; says it again, for a person who was still lifting the telephone. Without a key
 * it hangs up: a mailbox presses none.
 */
export function screenTwiml({ words, ask, language, actionUrl }: ScreenPrompt): string {
  const response = new VoiceResponse();
  // Every key is an answer: finishOnKey "" lets # be one.
  const gather = response.gather({ numDigits: 1, finishOnKey: "", timeout: KEY_S, action: actionUrl, method: "POST" });
  for (const pauseS of [1, 0]) {
    speak(gather, `${words} ${ask}`, language);
    if (pauseS > 0) gather.pause({ length: pauseS });
  }
  response.hangup();
  return response.toString();
}

export function hangUpTwiml(): string {
  const response = new VoiceResponse();
  response.hangup();
  return response.toString();
}
