// A webhook as it arrives through a proxy that ends TLS: signed for the public https URL, sent as plain HTTP with the
// public Host.

import { sendHttpRequest } from "../simulators/sockets/send-http-request.ts";
import { sid, uuid } from "../simulators/twilio/seeded-ids.ts";
import type { HttpExchange } from "../simulators/twilio/telephone/telephone-state.ts";
import { readWebhookAnswer } from "../simulators/twilio/webhook-answer.ts";
import { type CallStatus, callParams, FICTIONAL_CALLER, FICTIONAL_LINE, webhookRequest } from "../simulators/twilio/webhook-request.ts";
import type { ProxiedEvidence } from "./checks/webhook.ts";
import { type Harness, SELFTEST_TOKEN } from "./harness.ts";

const host = "voice.example";
const seed = "proxied";
const limits = { connectTimeoutMs: 5_000, readTimeoutMs: 5_000, totalTimeoutMs: 5_000, maxBodyBytes: 65_536 };

/** Then reports the call as completed, so that the server does not wait for its stream. */
export async function sendProxiedWebhook(harness: Harness): Promise<ProxiedEvidence> {
  const exchange = await request(harness, "/twilio/voice", "ringing");
  await request(harness, "/twilio/status", "completed");
  return { host, exchange };
}

function request(harness: Harness, path: string, status: CallStatus): Promise<HttpExchange> {
  const facts = { direction: "inbound", from: FICTIONAL_CALLER, to: FICTIONAL_LINE, more: {} } as const;
  const params = callParams({ accountSid: sid("AC", seed), callSid: sid("CA", seed), ...facts }, status);
  const url = `https://${host}${path}`;
  const request = webhookRequest({ url, method: "POST", params, authToken: SELFTEST_TOKEN, idempotencyToken: uuid(seed, path) });
  const order = { type: "http.request", id: 1, ...request, url: `${harness.baseUrl}${path}`, ...limits } as const;
  const begun = { id: 1, purpose: "voice", atMs: harness.clock.nowMs(), params, request } as const;
  return new Promise((resolve) => {
    sendHttpRequest(order, {}, harness.clock, (result) => {
      if ("failure" in result) {
        resolve({ ...begun, failure: { kind: result.failure, detail: result.detail } });
        return;
      }
      const plan = readWebhookAnswer(result, url);
      resolve({ ...begun, answeredAtMs: harness.clock.nowMs(), answer: result, ...("twilioCode" in plan ? { fault: plan } : { plan }) });
    });
  });
}
