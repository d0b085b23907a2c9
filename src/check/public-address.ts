// Tests whether Twilio's requests to PUBLIC_URL reach this voice: a plain one, a signed webhook, and a stream. A
// signature is sent only after this very process has answered an unsigned request, and no redirect is followed with it.
// Follows https://www.twilio.com/docs/usage/security and https://www.twilio.com/docs/voice/twiml/stream

import type { Config } from "../config/config.ts";
import { fieldValue, type HttpFields } from "../protocol/http/message.ts";
import { signRequest } from "../protocol/signature.ts";
import { CERTIFICATE_FIX, describeTwilioError, LISTEN_FIX } from "../protocol/twilio-errors.ts";
import type { TwimlElement } from "../protocol/twiml/reader.ts";
import { checkHandshakeResponse } from "../protocol/websocket/handshake.ts";
import type { Finding, Level } from "../report/finding.ts";
import { INSTANCE_HEADER } from "../server/stream/open-stream.ts";
import type { ConnectionFailure } from "../simulators/sockets/raw-connection.ts";
import { sid, uuid, webSocketKey } from "../simulators/twilio/seeded-ids.ts";
import { type HttpAnswer, httpFault, type NetworkFailure, readWebhookAnswer, socketFault } from "../simulators/twilio/webhook-answer.ts";
import {
  type CallFacts,
  type CallStatus,
  callParams,
  callStatusParams,
  FICTIONAL_CALLER,
  FICTIONAL_LINE,
  type WebhookRequest,
  webhookRequest,
} from "../simulators/twilio/webhook-request.ts";
import { instanceOf } from "./local-voice.ts";
import { get, handshake, type RequestWorld, send } from "./requests.ts";
import { type CheckId, checkFinding, type Outcome } from "./requirements.ts";

const blockedFromHere =
  "check the firewall. Some routers block connections from inside to their own public address: then test from another network";

/** By how the connection failed: Twilio's own table, where its advice holds for PUBLIC_URL as it stands. */
const fixes: Readonly<Record<NetworkFailure, string>> = {
  badUrl: "write PUBLIC_URL as https://voice.example.com",
  dns: "check the spelling of PUBLIC_URL and the DNS record of its host",
  refused: LISTEN_FIX,
  unreachable: `no route from this host: ${blockedFromHere}`,
  connectTimeout: `nothing answers there: ${blockedFromHere}`,
  tls: describeTwilioError("11220").fix,
  certificateName: CERTIFICATE_FIX,
  certificateExpired: CERTIFICATE_FIX,
  certificateChain: CERTIFICATE_FIX,
  readTimeout: "it accepts connections and does not answer: check that the proxy reaches voice",
  totalTimeout: "it accepts connections and does not answer: check that the proxy reaches voice",
  closed: "it closes connections without an answer: check that the proxy reaches voice",
  truncated: "its answer is cut off: check what the proxy does to answers",
  unfinished: "its answer does not end: check what the proxy does to answers",
  protocol: describeTwilioError("11206").fix,
  tooLarge: "another server answers: point the proxy at voice",
};

type AddFinding = (level: Level, actual: string, fix?: string, more?: Pick<Outcome, "cause" | "twilioCode">) => Finding;

const finding =
  (id: CheckId): AddFinding =>
  (level, actual, fix, more) =>
    checkFinding(id, { level, actual, ...(fix === undefined ? {} : { fix }), ...more });

const [address, webhook, stream] = [finding("address.public"), finding("address.webhook"), finding("address.stream")];

/** The target of a redirect, without its query, which may be secret; undefined when the answer is not a redirect. */
function redirectOf({ status, headers }: HttpAnswer, url: string): string | undefined {
  const location = status >= 300 && status <= 399 ? fieldValue(headers, "location") : undefined;
  const target = location === undefined ? null : URL.parse(location, url);
  return target === null ? undefined : target.origin + target.pathname;
}

/** Tests PUBLIC_URL; `instance` is that of the voice which calls should reach. */
export async function checkPublicAddress(config: Config, instance: string | undefined, world: RequestWorld): Promise<readonly Finding[]> {
  const { publicUrl, twilioAuthToken } = config;
  if (publicUrl === undefined) return [address("untested", "PUBLIC_URL is not set: there is no address to test")];
  if (instance === undefined) return [address("untested", "no voice is running here that PUBLIC_URL could reach")];
  const reached = await checkReach(publicUrl, instance, world);
  if (reached.level !== "ok") return [reached];
  if (twilioAuthToken === undefined) return [reached, webhook("untested", "TWILIO_AUTH_TOKEN is not set: no webhook can be signed")];
  return [reached, ...(await checkCall({ publicUrl, twilioAuthToken, accountSid: config.accountSid, instance }, world))];
}

async function checkReach(publicUrl: string, instance: string, world: RequestWorld): Promise<Finding> {
  const url = `${publicUrl}/healthz`;
  const answer = await get(url, world);
  if ("failure" in answer) {
    const { twilioCode, what } = httpFault(answer.failure, answer.detail);
    return address("error", `PUBLIC_URL could not be reached: ${what}`, fixes[answer.failure], { cause: answer.failure, twilioCode });
  }
  const redirect = redirectOf(answer, url);
  if (redirect !== undefined) {
    const base = redirect.replace(/\/healthz$/, "");
    return address("error", `PUBLIC_URL redirects to ${redirect}`, `set PUBLIC_URL to the final address, probably ${base}`);
  }
  const answering = instanceOf(answer);
  if (answering === instance) return address("ok", `${publicUrl} reaches this voice`);
  if (answering !== undefined) {
    const fix = "point the proxy or tunnel here, unless several voices share this address on purpose";
    return address("error", `another voice answers at ${publicUrl}`, fix);
  }
  const server = fieldValue(answer.headers, "server");
  const who = server === undefined ? "" : `, Server: ${JSON.stringify(server.slice(0, 60))}`;
  return address(
    "error",
    `another server answers at ${publicUrl}: HTTP ${answer.status}${who}`,
    "point the proxy or tunnel at voice's port",
  );
}

interface CallTrial {
  readonly publicUrl: string;
  readonly twilioAuthToken: string;
  readonly accountSid: string | undefined;
  readonly instance: string;
}

async function checkCall(trial: CallTrial, world: RequestWorld): Promise<readonly Finding[]> {
  const seed = Array.from(world.random(16), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const facts: CallFacts = {
    accountSid: trial.accountSid ?? sid("AC", seed),
    callSid: sid("CA", seed),
    direction: "inbound",
    from: FICTIONAL_CALLER,
    to: FICTIONAL_LINE,
    more: {},
  };
  const post = (path: string, status: CallStatus, more: Readonly<Record<string, string>> = {}): WebhookRequest => {
    const params = { ...callParams(facts, status), ...more };
    const idempotencyToken = uuid(seed, path);
    return webhookRequest({ url: `${trial.publicUrl}${path}`, method: "POST", params, authToken: trial.twilioAuthToken, idempotencyToken });
  };
  const request = post("/twilio/voice", "ringing");
  const read = readWebhook(await send(request, world), request.url);
  if ("level" in read) return [read, stream("untested", "no stream to test")];
  const key = webSocketKey(seed, "check");
  const fields: HttpFields = [
    ["User-Agent", "Twilio.TmeWs/1.0"],
    ["X-Twilio-Signature", signRequest(trial.twilioAuthToken, read.streamUrl, {})],
  ];
  const opened = await checkStream(read.streamUrl, trial.instance, key, fields, world);
  // The fictitious caller hangs up, so that voice does not wait for the stream.
  await send(post("/twilio/status", "completed", callStatusParams(0, world.clock.nowMs(), 1)), world);
  return [webhook("ok", "a signed webhook gets a stream"), opened];
}

function findElement(root: TwimlElement, name: string): TwimlElement | undefined {
  if (root.name === name) return root;
  for (const child of root.children) {
    const found = findElement(child, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The stream URL in a webhook's answer, or what is wrong with it. */
function readWebhook(answer: HttpAnswer | ConnectionFailure, url: string): Finding | { readonly streamUrl: string } {
  if ("failure" in answer) {
    const { twilioCode, what } = httpFault(answer.failure, answer.detail);
    return webhook("error", `the webhook could not be reached: ${what}`, fixes[answer.failure], { cause: answer.failure, twilioCode });
  }
  const redirect = redirectOf(answer, url);
  if (redirect !== undefined) return webhook("error", `the webhook redirects to ${redirect}`, "set PUBLIC_URL to the final address");
  const plan = readWebhookAnswer(answer, url);
  if ("twilioCode" in plan) {
    return webhook("error", plan.what, "check what the proxy does with POST /twilio/voice", { twilioCode: plan.twilioCode });
  }
  const root = plan.type === "twiml" ? plan.root : undefined;
  const streamUrl = root === undefined ? undefined : findElement(root, "Stream")?.attributes["url"];
  if (streamUrl !== undefined && URL.canParse(streamUrl)) return { streamUrl };
  const words = root === undefined ? undefined : findElement(root, "Say")?.text;
  const fix =
    "look for webhook.rejected in the log of that voice: it has another TWILIO_AUTH_TOKEN, is stopping or is at its limit of calls";
  return webhook(
    "error",
    words === undefined ? "a signed webhook gets no stream" : `a signed webhook gets no stream, but the message: ${words}`,
    fix,
  );
}

async function checkStream(url: string, instance: string, key: string, fields: HttpFields, world: RequestWorld): Promise<Finding> {
  const result = await handshake(url, key, fields, world);
  if ("failure" in result) {
    const { twilioCode, what } = socketFault(result.failure, result.detail);
    return stream("error", `${url} could not be reached: ${what}`, fixes[result.failure], { cause: result.failure, twilioCode });
  }
  const { type, head } = result;
  if (type === "rejected") {
    const what = `${url} was answered with HTTP ${head.status} instead of 101`;
    return stream("error", what, "make the proxy forward WebSockets: the Upgrade and Connection headers", { twilioCode: 31_920 });
  }
  const bad = checkHandshakeResponse(head, key, undefined);
  if (bad !== undefined)
    return stream("error", `${url}: ${bad.bad}`, "the proxy changes the handshake: make it forward WebSockets unchanged");
  if (fieldValue(head.fields, INSTANCE_HEADER) !== instance) {
    const fix = "make the proxy send a call's webhook and stream to the same voice, and keep X-Voice-Instance in the answer";
    return stream("error", `${url} was opened by another process`, fix);
  }
  return stream("ok", `${url} opens and reaches this voice`);
}
