// Answers a new call: with a stream to its agent, or, when it is not taken, with a person, a sentence or a rejection.

import type { Next } from "../../call/effects.ts";
import { dialWithoutCall } from "../../call/rules/transfer-dial.ts";
import type { AgentBook } from "../../config/agents/agent.ts";
import { addressKey, WITHHELD_KEY } from "../../protocol/address.ts";
import { rejectTwiml, sayTwiml } from "../../protocol/twiml/twiml.ts";
import { type AuthenticatedWebhook, identityOf, type WebhookDeps } from "../auth/authenticate-webhook.ts";
import { agentOf, answerFor } from "../calls/call-agent.ts";
import { twimlAnswer } from "./answers.ts";
import { answerNext, answerRefusedCall, type NamedAnswer } from "./twiml-answers.ts";

export interface NewCallAnswer extends NamedAnswer {
  /** Why the call is not taken; undefined: it is. */
  readonly reason: string | undefined;
  /** Whether an operator must know: this server cannot take calls. */
  readonly alerts?: "full" | "outOfMemory" | "overBudget";
}

export function answerNewCall(webhook: AuthenticatedWebhook, deps: WebhookDeps): NewCallAnswer {
  const { callSid, form } = webhook;
  const { calls } = deps;
  const isRinging = form("CallStatus") === "ringing";
  // Twilio repeats a webhook whose answer was lost: that call was taken already.
  const refused = calls.find(callSid) === undefined ? refuse(form("From"), form("To"), isRinging, webhook, deps) : undefined;
  if (refused !== undefined) return refused;
  const call = calls.offer(identityOf(webhook));
  if (typeof call !== "string") {
    return { ...answerNext({ type: "connect" }, webhook, call.identity.accountSid, deps), reason: undefined };
  }
  const person = call === "ended" ? undefined : personFor(form("From"), form("To"), deps);
  const named = person === undefined ? answerRefusedCall(call, form("CallStatus"), webhook, deps) : answerNext(person, webhook, "", deps);
  const answer = { ...named, reason: call };
  return call === "full" || call === "outOfMemory" || call === "overBudget" ? { ...answer, alerts: call } : answer;
}

/** Whom the agent of a call that is not taken transfers to on failure. */
function personFor(from: string, to: string, { agents, clock }: WebhookDeps): Next | undefined {
  const { transfers, onFailure } = agentOf(agents.book, { from, to }, clock.nowMs());
  return dialWithoutCall(transfers, onFailure);
}

/** By the rules of voice.toml for callers and numbers. Undefined: an agent answers. */
function refuse(from: string, to: string, isRinging: boolean, webhook: AuthenticatedWebhook, deps: WebhookDeps): NewCallAnswer | undefined {
  const { agents, calls, clock, config } = deps;
  // Only a ringing call can be rejected: https://www.twilio.com/docs/voice/twiml/reject
  const reject = (reason: "busy" | "rejected"): NamedAnswer =>
    isRinging ? { name: "reject", response: twimlAnswer(rejectTwiml(reason)) } : answerNext({ type: "nothing" }, webhook, "", deps);
  const answer = answerFor(agents.book, { from, to }, clock.nowMs());
  if (answer.type === "reject") return { ...reject("rejected"), reason: "denied" };
  if (answer.type === "say") return { name: "say", response: twimlAnswer(sayTwiml(answer.words, config.language)), reason: "closed" };
  return isBusyCaller(agents.book, from, calls) ? { ...reject("busy"), reason: "busyCaller" } : undefined;
}

/** Callers who withhold their number are not one caller. */
function isBusyCaller({ callers: { perNumber } }: AgentBook, from: string, calls: WebhookDeps["calls"]): boolean {
  const key = addressKey(from);
  return perNumber !== undefined && key !== WITHHELD_KEY && calls.runningFrom(key) >= perNumber;
}
