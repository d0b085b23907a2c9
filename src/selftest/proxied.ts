// One webhook as it arrives through a proxy that ends TLS: signed for the public https address, sent as plain HTTP
// with the public Host.

import { sendHttpRequest } from "../simulators/sockets/send-http-request.ts";
import { sid, uuid } from "../simulators/twilio/seeded-ids.ts";
import type { HttpExchange } from "../simulators/twilio/telephone/telephone-state.ts";
import { readWebhookAnswer } from "../simulators/twilio/webhook-answer.ts";
import { type CallStatus, callParams, FICTIONAL_CALLER, FICTIONAL_LINE, webhookRequest } from "../simulators/twilio/webhook-request.ts";
import type { ProxiedEvidence } from "./checks/webhook.ts";
import { type Lab, SELFTEST_TOKEN } from "./lab.ts";

const host = "voice.example";
const seed = "proxied";
const limits = { connectTimeoutMs: 5_000, readTimeoutMs: 5_000, totalTimeoutMs: 5_000, maxBodyBytes: 65_536 };

/** Asks for TwiML, tells what came, and then says that the call is over, so that nobody waits for its stream. */
export async function askThroughProxy(lab: Lab): Promise<ProxiedEvidence> {
  const asked = await ask(lab, "/twilio/voice", "ringing");
  await ask(lab, "/twilio/status", "completed");
  return { host, exchange: asked };
}

function ask(lab: Lab, path: string, status: CallStatus): Promise<HttpExchange> {
  const facts = { direction: "inbound", from: FICTIONAL_CALLER, to: FICTIONAL_LINE, more: {} } as const;
  const params = callParams({ accountSid: sid("AC", seed), callSid: sid("CA", seed), ...facts }, status);
  const url = `https://${host}${path}`;
  const request = webhookRequest({ url, method: "POST", params, authToken: SELFTEST_TOKEN, idempotencyToken: uuid(seed, path) });
  const order = { type: "http.request", id: 1, ...request, url: `${lab.baseUrl}${path}`, ...limits } as const;
  const begun = { id: 1, purpose: "voice", atMs: lab.clock.nowMs(), params, request } as const;
  return new Promise((resolve) => {
    sendHttpRequest(order, {}, lab.clock, (result) => {
      if ("failure" in result) {
        resolve({ ...begun, failure: { kind: result.failure, detail: result.detail } });
        return;
      }
      const plan = readWebhookAnswer(result, url);
      resolve({ ...begun, answeredAtMs: lab.clock.nowMs(), answer: result, ...("twilioCode" in plan ? { fault: plan } : { plan }) });
    });
  });
}
