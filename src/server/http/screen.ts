// Answers /twilio/screen: Twilio has dialled a person for a transfer, and asks what they hear before the caller is
// connected. The request is of the person's own call: ParentCallSid names the caller's.
// Follows https://www.twilio.com/docs/voice/twiml/number#attributes-url

import type { Connection } from "../../platform/seam.ts";
import { isSid } from "../../protocol/sid.ts";
import { hangUpTwiml, screenTwiml } from "../../protocol/twiml/dial.ts";
import { emptyTwiml } from "../../protocol/twiml/twiml.ts";
import { authenticateWebhook, type WebhookDeps } from "../auth/authenticate-webhook.ts";
import { plainAnswer, twimlAnswer } from "./answers.ts";
import { SCREEN_URL } from "./twiml-answers.ts";

/** Whoever was not dialled for a running transfer, or was asked before, learns nothing: the answer hangs up. */
export async function answerScreen(request: Request, connection: Connection, deps: WebhookDeps): Promise<Response> {
  const webhook = await authenticateWebhook("/twilio/screen", request, connection, deps);
  if (webhook instanceof Response) return webhook;
  const { callSid: leg, form } = webhook;
  const callSid = form("ParentCallSid");
  if (!isSid("CA", callSid)) return plainAnswer(400, "ParentCallSid is missing or malformed: this URL is for transfers");
  const screen = deps.calls.decideScreen(callSid, leg, form("To"), form("Digits") || undefined);
  deps.log("info", "screen.answered", { callSid, leg, answer: screen.type });
  if (screen.type === "connect") return twimlAnswer(emptyTwiml());
  if (screen.type === "hangUp") return twimlAnswer(hangUpTwiml());
  const { words, ask } = screen;
  return twimlAnswer(screenTwiml({ words, ask, language: deps.config.language, actionUrl: SCREEN_URL }));
}
