// Whether Twilio's requests to PUBLIC_URL reach this process: plain, as a signed webhook, and as a stream. Twilio's
// signature is sent only where an unsigned request has just been answered by this very process, and no redirect is
// followed with it.
// Follows https://www.twilio.com/docs/usage/security and https://www.twilio.com/docs/voice/twiml/stream

import type { Config } from "../config/config.ts";
import { fieldValue, type HttpFields } from "../protocol/http/message.ts";
import { signRequest } from "../protocol/signature.ts";
import type { TwimlElement } from "../protocol/twiml/reader.ts";
import { badHandshake } from "../protocol/websocket/handshake.ts";
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
import { type CheckId, checkFinding } from "./requirements.ts";

const farFromHere = "a firewall; or a router that lets no machine reach its own public address: then try from another network";

/** What to do when the public address cannot be reached. */
const fixes: Readonly<Record<NetworkFailure, string>> = {
  badUrl: "write PUBLIC_URL as https://voice.example.com",
  dns: "check the spelling of PUBLIC_URL, and that name's DNS record",
  refused: "nothing listens there: start the proxy or the tunnel in front of voice",
  unreachable: `no way leads there from here: ${farFromHere}`,
  connectTimeout: `nothing answers there: ${farFromHere}`,
  tls: "what listens there does not speak TLS as Twilio does (1.2 or newer): look at the proxy",
  certificateName: "get a certificate for the host of PUBLIC_URL",
  certificateExpired: "renew the certificate",
  certificateChain: "use a certificate of a known authority, and send its whole chain (fullchain.pem): Twilio takes no other",
  readTimeout: "it takes connections and does not answer: look at the proxy's way to voice",
  totalTimeout: "it takes connections and does not answer: look at the proxy's way to voice",
  closed: "it closes without an answer: look at the proxy's way to voice",
  protocol: "what answers there does not speak HTTP/1.1: look at the proxy",
  tooLarge: "what answers there is not voice: look at the proxy",
};

type Answered = (level: Level, actual: string, fix?: string) => Finding;

const finding =
  (id: CheckId): Answered =>
  (level, actual, fix) =>
    checkFinding(id, { level, actual, ...(fix === undefined ? {} : { fix }) });

const [address, webhook, stream] = [finding("address.public"), finding("address.webhook"), finding("address.stream")];

/** Where a redirect leads, without what may be secret in it; undefined when the answer is none. */
function redirectOf({ status, headers }: HttpAnswer, url: string): string | undefined {
  const location = status >= 300 && status <= 399 ? fieldValue(headers, "location") : undefined;
  const target = location === undefined ? null : URL.parse(location, url);
  return target === null ? undefined : target.origin + target.pathname;
}

/** Looks at PUBLIC_URL; `instance` is that of the process which calls are to reach. */
export async function checkPublicAddress(config: Config, instance: string | undefined, world: RequestWorld): Promise<readonly Finding[]> {
  const { publicUrl, twilioAuthToken } = config;
  if (publicUrl === undefined) return [address("untested", "PUBLIC_URL is not set: there is no address to try")];
  if (instance === undefined) return [address("untested", "there is no voice here for PUBLIC_URL to reach")];
  const reached = await checkReach(publicUrl, instance, world);
  if (reached.level !== "ok") return [reached];
  if (twilioAuthToken === undefined) return [reached, webhook("untested", "without TWILIO_AUTH_TOKEN no webhook can be signed")];
  return [reached, ...(await checkCall({ publicUrl, twilioAuthToken, accountSid: config.accountSid, instance }, world))];
}

async function checkReach(publicUrl: string, instance: string, world: RequestWorld): Promise<Finding> {
  const url = `${publicUrl}/healthz`;
  const answer = await get(url, world);
  if ("failure" in answer) {
    const { twilioCode, what } = httpFault(answer.failure, answer.detail);
    return address("error", `PUBLIC_URL cannot be reached: ${what} (Twilio would show ${twilioCode})`, fixes[answer.failure]);
  }
  const redirect = redirectOf(answer, url);
  if (redirect !== undefined) {
    const base = redirect.replace(/\/healthz$/, "");
    return address("error", `PUBLIC_URL redirects to ${redirect}`, `set PUBLIC_URL to where it ends, perhaps ${base}`);
  }
  const told = instanceOf(answer);
  if (told === instance) return address("ok", `${publicUrl} reaches this process`);
  if (told !== undefined) {
    const fix = "point the proxy or the tunnel here; if several share this address on purpose, all is well";
    return address("error", `another voice answers at ${publicUrl}, not this one`, fix);
  }
  const server = fieldValue(answer.headers, "server");
  const who = server === undefined ? "" : `, from a server called ${JSON.stringify(server.slice(0, 60))}`;
  return address(
    "error",
    `something else answers at ${publicUrl}: HTTP ${answer.status}${who}`,
    "point the proxy or the tunnel at voice's port",
  );
}

/** The call that is tried, and where. */
interface Trial {
  readonly publicUrl: string;
  readonly twilioAuthToken: string;
  readonly accountSid: string | undefined;
  readonly instance: string;
}

async function checkCall(trial: Trial, world: RequestWorld): Promise<readonly Finding[]> {
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
  if ("level" in read) return [read, stream("untested", "there is no stream to try")];
  const key = webSocketKey(seed, "check");
  const fields: HttpFields = [
    ["User-Agent", "Twilio.TmeWs/1.0"],
    ["X-Twilio-Signature", signRequest(trial.twilioAuthToken, read.streamUrl, {})],
  ];
  const opened = await checkStream(read.streamUrl, trial.instance, key, fields, world);
  // The caller who never was hangs up, so that nobody waits for a stream.
  await send(post("/twilio/status", "completed", callStatusParams(0, world.clock.nowMs(), 1)), world);
  return [webhook("ok", "a signed webhook is answered with a stream"), opened];
}

function findElement(root: TwimlElement, name: string): TwimlElement | undefined {
  if (root.name === name) return root;
  for (const child of root.children) {
    const found = findElement(child, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The stream that a webhook's answer asks for, or what is wrong with it. */
function readWebhook(answer: HttpAnswer | ConnectionFailure, url: string): Finding | { readonly streamUrl: string } {
  if ("failure" in answer) {
    const { twilioCode, what } = httpFault(answer.failure, answer.detail);
    return webhook("error", `the webhook cannot be reached: ${what} (Twilio would show ${twilioCode})`, fixes[answer.failure]);
  }
  const redirect = redirectOf(answer, url);
  if (redirect !== undefined) return webhook("error", `the webhook redirects to ${redirect}`, "set PUBLIC_URL to where it ends");
  const plan = readWebhookAnswer(answer, url);
  if ("twilioCode" in plan) {
    return webhook("error", `${plan.what} (Twilio would show ${plan.twilioCode})`, "look at what the proxy does with POST /twilio/voice");
  }
  const root = plan.type === "twiml" ? plan.root : undefined;
  const streamUrl = root === undefined ? undefined : findElement(root, "Stream")?.attributes["url"];
  if (streamUrl !== undefined && URL.canParse(streamUrl)) return { streamUrl };
  const words = root === undefined ? undefined : findElement(root, "Say")?.text;
  const fix = "look at that process's log, webhook.refused: it runs with another TWILIO_AUTH_TOKEN, is being stopped, or is full";
  return webhook("error", words === undefined ? "a signed webhook gets no stream" : `a signed webhook gets no stream, but: ${words}`, fix);
}

async function checkStream(url: string, instance: string, key: string, fields: HttpFields, world: RequestWorld): Promise<Finding> {
  const result = await handshake(url, key, fields, world);
  if ("failure" in result) {
    const { twilioCode, what } = socketFault(result.failure, result.detail);
    return stream("error", `${url} cannot be reached: ${what} (Twilio would show ${twilioCode})`, fixes[result.failure]);
  }
  const { type, head } = result;
  if (type === "refused") {
    const what = `${url} is answered with HTTP ${head.status} in place of 101 (Twilio would show 31920)`;
    return stream("error", what, "let the proxy pass WebSockets on: its Upgrade and Connection header fields");
  }
  const bad = badHandshake(head, key, undefined);
  if (bad !== undefined)
    return stream("error", `${url}: ${bad.bad}`, "something between Twilio and voice changes the handshake: look at the proxy");
  if (fieldValue(head.fields, INSTANCE_HEADER) !== instance) {
    const fix = "let the proxy send a call's webhook and its stream to the same process, or keep X-Voice-Instance in the answer";
    return stream("error", `${url} is opened by something other than this process`, fix);
  }
  return stream("ok", `${url} opens, and reaches this process`);
}
