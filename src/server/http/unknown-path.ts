// Answers requests for paths that voice does not have. When Twilio sends one, a URL in Twilio's console is wrong: the
// caller hears a sentence instead of Twilio's application error, and the log has the right URL.

import type { Connection } from "../../platform/seam.ts";
import { sayTwiml } from "../../protocol/twiml/twiml.ts";
import type { WebhookDeps } from "../auth/authenticate-webhook.ts";
import { plainAnswer, twimlAnswer } from "./answers.ts";
import { targetOf } from "./request-facts.ts";

const MAX_PATH_CHARS = 100;

/** Whether a webhook was sent to the stream's URL: Twilio's handshakes have no CallSid. */
export function isMisdirectedWebhook(request: Request): boolean {
  return request.headers.has("x-twilio-signature") && /[?&]CallSid=/.test(request.url) && !request.headers.has("upgrade");
}

/** 404, or 200 with a sentence when the request is signed. The signature is not checked: nothing else happens. */
export function answerUnknownPath(request: Request, connection: Connection, { config, log, alert }: WebhookDeps): Response {
  const path = targetOf(request.url).replace(/\?.*$/s, "").slice(0, MAX_PATH_CHARS);
  if (!request.headers.get("x-twilio-signature")) return plainAnswer(404, "Not found. Twilio's voice webhook is POST /twilio/voice.");
  const reason = `there is no webhook at ${request.method} ${path}`;
  const fix = `in Twilio's console, set the number's webhook to ${config.publicUrl ?? "https://<this server's public host>"}/twilio/voice, HTTP POST`;
  log("error", "webhook.rejected", { route: path, peer: connection.peerAddress, reason, fix });
  alert("misconfigured", reason, undefined);
  return twimlAnswer(sayTwiml(config.sentences.misconfigured, config.language));
}
