// A transfer: the caller is handed over to a person, whom Twilio dials. What was tried, who has answered and who has
// accepted. When it begins and what follows: rules/transfer.ts, rules/transfer-dial.ts.

import { isObject, parseJson } from "../../protocol/fields.ts";
import { maskNumber } from "../../protocol/masking.ts";
import { printable } from "../../protocol/printable.ts";

/** A transfer as it is configured: only such targets are ever dialled. */
export interface TransferPlan {
  readonly name: string;
  /** Telephone numbers in E.164 format and sip: addresses. At least one. */
  readonly to: readonly string[];
  /** When the model is to transfer, for the model. Undefined: its instructions say it. */
  readonly description: string | undefined;
  /** Whether the person hears who calls and presses 1, before the caller is connected. */
  readonly isScreened: boolean;
  /** How long each target rings. */
  readonly ringMs: number;
  readonly order: "one_by_one" | "all";
  /** What the person's telephone shows: the caller's number, the called number, or this one. */
  readonly callerId: "caller" | "called" | { readonly number: string };
  /** What happens when no one takes the call. `instructions`: for the agent. */
  readonly nobody:
    | { readonly type: "agent"; readonly instructions: string | undefined }
    | { readonly type: "hangUp" }
    | { readonly type: "say"; readonly words: string };
  /** What the person hears when the model has not said who calls and why. */
  readonly intro: string;
  /** Asks the person to press 1. */
  readonly ask: string;
}

/** How a transfer ended. */
export type TransferOutcome =
  /** The caller and a person talked. */
  | "connected"
  | "busy"
  | "noAnswer"
  /** Someone answered, and pressed another key than 1. */
  | "declined"
  /** Someone answered, and pressed no key: often a mailbox. */
  | "notAccepted"
  /** The target could not be dialled, or the connection failed. */
  | "failed"
  | "callerHungUp"
  /** voice was stopped, or Twilio never reported the end. */
  | "unknown";

/** One attempt to reach a person, when it is over: telephone numbers are masked. */
export interface TransferRecord {
  readonly name: string;
  /** Who was dialled last, or has accepted; the middle of numbers is masked. */
  readonly to: string;
  readonly outcome: TransferOutcome;
}

export interface Transfer {
  readonly plan: TransferPlan;
  /** Who calls and why, for the person; undefined: not known. */
  readonly about: string | undefined;
  /** "closing": the stream is closed, and Twilio will ask what comes next. "ringing": it dials. */
  readonly state: "closing" | "ringing";
  /** The caller has heard that they are transferred. */
  readonly isAnnounced: boolean;
  /** voice is about to stop: it learns nothing of how this ends. */
  readonly isDetached: boolean;
  /** Which target is dialled, one by one. */
  readonly attempt: number;
  /** CallSids of the persons who have answered this attempt. Each is asked once. */
  readonly legs: readonly string[];
  readonly accepted: { readonly leg: string; readonly to: string } | undefined;
  readonly isDeclined: boolean;
}

/** Transfers of one call that the record lists; the oldest go. */
export const RECORDED_MAX = 10;
/** Longest text for the person who answers: two sentences, half a minute. */
export const ABOUT_MAX_CHARS = 300;

export function newTransfer(plan: TransferPlan, about: string | undefined): Transfer {
  return {
    plan,
    about,
    state: "closing",
    isAnnounced: false,
    isDetached: false,
    attempt: 0,
    legs: [],
    accepted: undefined,
    isDeclined: false,
  };
}

/** Who is dialled now. */
export function currentTargets({ plan, attempt }: Transfer): readonly string[] {
  return plan.order === "all" ? plan.to : plan.to.slice(attempt, attempt + 1);
}

/** The next target's turn; undefined: all were tried. */
export function nextAttempt(transfer: Transfer): Transfer | undefined {
  const { plan } = transfer;
  const attempt = transfer.attempt + 1;
  if (plan.order === "all" || attempt >= plan.to.length) return undefined;
  return { ...transfer, attempt, legs: [], accepted: undefined, isDeclined: false };
}

/**
 * A person has answered, on the leg with this CallSid. Undefined: they are not to be asked. They were asked before,
 * more have answered than were dialled, or another one has accepted.
 */
export function askLeg(transfer: Transfer, leg: string): Transfer | undefined {
  const { legs, accepted, state } = transfer;
  const isTooMany = legs.includes(leg) || legs.length >= currentTargets(transfer).length;
  const isOpen = state === "ringing" && transfer.plan.isScreened && accepted === undefined;
  return !isOpen || isTooMany ? undefined : { ...transfer, legs: [...legs, leg] };
}

/** A person has pressed a key. Only one who was asked can accept, and only the first. */
export function pressKey(transfer: Transfer, leg: string, digits: string, to: string): Transfer {
  if (transfer.state !== "ringing" || !transfer.legs.includes(leg) || transfer.accepted !== undefined) return transfer;
  return digits === "1" ? { ...transfer, accepted: { leg, to } } : { ...transfer, isDeclined: true };
}

/**
 * How an attempt ended. A person who answers and never accepts makes the status "completed": `isBridged` and our own
 * "accepted" show whether the two were connected. https://www.twilio.com/docs/voice/twiml/dial#dialcallstatus
 */
export function outcomeOf(transfer: Transfer, dialCallStatus: string, isBridged: boolean | undefined): TransferOutcome {
  const { plan, accepted, isDeclined, legs } = transfer;
  switch (dialCallStatus) {
    case "completed":
    case "answered":
      if (isBridged !== false && (!plan.isScreened || accepted !== undefined)) return "connected";
      return isDeclined ? "declined" : accepted === undefined && plan.isScreened ? "notAccepted" : "failed";
    case "busy":
      return "busy";
    case "no-answer":
    case "canceled":
      return isDeclined ? "declined" : legs.length > 0 ? "notAccepted" : "noAnswer";
    default:
      return "failed";
  }
}

export function transferRecord(transfer: Transfer, outcome: TransferOutcome): TransferRecord {
  const to = transfer.accepted?.to ?? currentTargets(transfer).join(", ");
  return { name: transfer.plan.name, to: maskNumber(to), outcome };
}

/** `about` of a function call's arguments, as text that can be read out. Undefined: there is none. */
export function readAbout(args: string): string | undefined {
  const given = parseJson(args);
  const about = isObject(given) ? given["about"] : undefined;
  return typeof about === "string" ? spokenText(about) : undefined;
}

/** On one line, without control characters, bounded. */
export function spokenText(text: string): string | undefined {
  const plain = printable(text.slice(0, 4 * ABOUT_MAX_CHARS).replaceAll(/\s+/g, " ")).replaceAll(/\\u[0-9a-f]{4}/g, "");
  const short = plain.trim().slice(0, ABOUT_MAX_CHARS).toWellFormed().trim();
  return short === "" ? undefined : short;
}
