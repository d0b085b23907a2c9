// Collects the evidence of one run: the calls as Twilio makes them, then requests that may explain how they went.
// Judges only what is worth trying next; everything else is judged in doctor/checks/.

import { documentsOf, streamElement } from "../evidence/documents.ts";
import type { DoctorCall, Evidence, HandshakeTry, HostFacts } from "../evidence/evidence.ts";
import { modelHostRefusal, wasDialledPlain } from "../evidence/stream-url.ts";
import type { DoctorOptions, DoctorWorld } from "../options.ts";
import { fetchRecordings } from "./fetch-recordings.ts";
import { hostFacts, isPrivateTarget } from "./host-facts.ts";
import { lastsWithQuery } from "./lasts-with-query.ts";
import type { CallSetup } from "./place-doctor-call.ts";
import { playCalls } from "./play-calls.ts";
import { requestAfterwards } from "./request-afterwards.ts";
import { requestWebhook, tryWebhook } from "./request-webhook.ts";
import { tryHandshake, tryHandshakes } from "./try-handshakes.ts";

/** Never rejects on what the server does. */
export async function collectEvidence(options: DoctorOptions, world: DoctorWorld): Promise<Evidence> {
  const kind = /^wss?:/i.test(options.target) ? "stream" : "webhook";
  const setup = await setUpCalls(options, world);
  world.progress(
    `${kind === "webhook" ? "calling: webhook, TwiML, stream" : "calling: handshake, stream"} (about ${usualSeconds(setup)} s)`,
  );
  const { calls, failedBefore, handshakes } = await playCalls(setup, world);
  const [first] = calls;
  const afterwards = await requestAfterwards(first, options, world);
  if (options.mayFallBackToGet && rejectsPost(first) && (await acceptsGet(first, options, world))) {
    const found = await collectEvidence({ ...options, method: "GET", mayFallBackToGet: false }, world);
    const postRefusedStatus = first.call.exchanges[0]?.answer?.status;
    return postRefusedStatus === undefined ? found : { ...found, postRefusedStatus };
  }
  world.progress("checking hosts, certificates and signatures");
  const streamUrl = findStreamUrl(first, options.target);
  const lasts = streamUrl === undefined ? undefined : await lastsWithQuery(first, streamUrl.written, setup, world);
  const [webhookHost, webhookTries, plays, stream] = await Promise.all([
    kind === "webhook" ? hostFacts(options.target, world) : undefined,
    kind === "webhook" ? tryWebhook(first.call, options, world) : [],
    fetchRecordings(first.call, setup.refuse, world),
    probeStream(streamUrl, handshakes, setup, world),
  ]);
  return {
    target: { url: options.target, kind },
    nowMs: world.clock.nowMs(),
    hasToken: options.authToken !== undefined,
    isLocalTrial: setup.isLocalTrial,
    insecure: options.insecure,
    calls,
    webhookHost,
    webhookTries,
    plays,
    streamUrl,
    ...stream,
    ...(failedBefore.length === 0 ? {} : { failedBefore }),
    ...(afterwards === undefined ? {} : { afterwards }),
    ...(lasts === undefined ? {} : { lastsWithQuery: lasts }),
  };
}

/** How long a run takes at a server that greets, answers within a second and hangs up well. */
function usualSeconds({ options: { patient }, calls }: CallSetup): number {
  return (patient ? 65 : 20) + (calls > 1 ? 10 : 0) + Math.max(0, calls - 2) * 4;
}

/** Calls to a public server do not follow it to private addresses, and none goes to the model itself. */
async function setUpCalls(options: DoctorOptions, world: DoctorWorld): Promise<CallSetup> {
  const { calls, target } = options;
  if (await isPrivateTarget(target, world)) {
    const refuse = (url: string): Promise<string | undefined> => Promise.resolve(modelHostRefusal(url, target));
    return { options, calls: calls ?? 2, isLocalTrial: true, refuse };
  }
  const refuse = async (url: string): Promise<string | undefined> =>
    modelHostRefusal(url, target) ??
    ((await isPrivateTarget(url, world))
      ? `${new URL(url).host} is a private address, which Twilio cannot reach: not requested`
      : undefined);
  return { options, calls: calls ?? 1, isLocalTrial: false, refuse };
}

/** How servers answer POST on a path that has only GET: 405, 501, or 404 as Express does. */
function rejectsPost({ call }: DoctorCall): boolean {
  const status = call.exchanges[0]?.answer?.status ?? 0;
  return call.options.twiml === undefined && call.streams.length === 0 && [404, 405, 501].includes(status);
}

async function acceptsGet({ call }: DoctorCall, options: DoctorOptions, world: DoctorWorld): Promise<boolean> {
  return (await requestWebhook(call, { variant: "by GET" }, { ...options, method: "GET" }, world)).isTwiml;
}

function findStreamUrl({ call }: DoctorCall, target: string): Evidence["streamUrl"] {
  const dialled = call.streams[0]?.url;
  if (/^wss?:/i.test(target)) return { written: target, dialled: dialled ?? target };
  const written = documentsOf(call)
    .flatMap(({ root }) => streamElement(root)?.attributes["url"] ?? [])
    .at(-1);
  if (written === undefined) return undefined;
  if (dialled === undefined) return { written, dialled: written };
  const signed = wasDialledPlain(written, dialled) ? written.trim().replace(/[?#].*$/s, "") : undefined;
  return { written, dialled, ...(signed === undefined ? {} : { signed }) };
}

type StreamEvidence = Pick<Evidence, "streamHost" | "handshakes" | "also">;

/** `own`: the handshakes of the call itself. */
async function probeStream(
  streamUrl: Evidence["streamUrl"],
  own: readonly HandshakeTry[],
  { options, refuse }: CallSetup,
  world: DoctorWorld,
): Promise<StreamEvidence> {
  const dialled = streamUrl?.dialled;
  const canDial = dialled !== undefined && /^wss?:\/\/./i.test(dialled) && URL.canParse(dialled);
  if (!canDial || streamUrl === undefined) return { streamHost: undefined, handshakes: own, also: [] };
  const isRefused = (await refuse?.(dialled)) !== undefined;
  const streamHost = isRefused ? nameOnly(dialled) : await hostFacts(dialled, world);
  const mayTry = !isRefused && streamHost.addresses.some(({ failure }) => failure === undefined);
  const handshakes = [...own, ...(mayTry ? await tryHandshakes(own[0], streamUrl, options, world) : [])];
  const also = await Promise.all(options.also.map((host) => tryOtherHost(host, dialled, options, world)));
  return { streamHost, handshakes, also };
}

/** The facts of a private host, which gets no request. */
function nameOnly(url: string): HostFacts {
  const { hostname, port } = new URL(url);
  return { url, host: hostname, port: port === "" ? 443 : Number(port), dnsMs: 0, addresses: [] };
}

async function tryOtherHost(host: string, dialled: string, options: DoctorOptions, world: DoctorWorld): Promise<Evidence["also"][number]> {
  const parsed = new URL(dialled);
  const url = `${parsed.protocol}//${host}${parsed.pathname}`;
  const facts = await hostFacts(url, world);
  const isOpen = facts.addresses.some(({ failure }) => failure === undefined);
  return { host, facts, handshake: isOpen ? await tryHandshake({ variant: "also", url }, options, world) : undefined };
}
