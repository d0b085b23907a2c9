// One run of the doctor: the call as Twilio makes it, and then, beside it, what tells why it went as it did. Gathers, and judges nothing but what is
// worth trying next.

import { badHandshake } from "../../protocol/websocket/handshake.ts";
import type { NetworkFailure } from "../../simulators/twilio/webhook-answer.ts";
import { refusesSignature } from "../checks/webhook.ts";
import { documentsOf, streamElement } from "../evidence/documents.ts";
import type { DoctorCall, Evidence, HandshakeTry, HostFacts, WebhookTry } from "../evidence/evidence.ts";
import type { DoctorOptions, DoctorWorld } from "../options.ts";
import { type Trial, tryHandshake } from "./handshakes.ts";
import { hostFacts, isPrivateTarget } from "./host-facts.ts";
import { type Place, type PlacedCall, placeDoctorCall } from "./place.ts";
import { fetchPlays } from "./plays.ts";
import { lastsWithQuery } from "./query-probe.ts";
import { playCalls } from "./several.ts";
import { DOCTOR_TELEPHONE } from "./stream-scenes.ts";
import { signatureVariants, webhookAsker } from "./webhook-tries.ts";

/** How long a server that did not take the first handshake is left alone before the second. */
const AWAKEN_MS = 2_000;
/** And before the last: containers start within ten seconds or so. */
const AWAKEN_LATE_MS = 8_000;
/** Failures after which a handshake may be taken all the same. */
const mayWake: readonly NetworkFailure[] = ["closed", "totalTimeout", "readTimeout", "refused", "connectTimeout"];
/** What Twilio's samples are said to offer, which it does not, and another beside it. */
const SUBPROTOCOL = "audio.twilio.com";

export async function examine(options: DoctorOptions, speech: Uint8Array, world: DoctorWorld): Promise<Evidence> {
  const { target } = options;
  const kind = /^wss?:/i.test(target) ? "stream" : "webhook";
  const isLocalTrial = await isPrivateTarget(target, world);
  const refuse = async (url: string): Promise<string | undefined> =>
    (await isPrivateTarget(url, world)) ? `${new URL(url).host} is of a private network, which Twilio cannot reach: not asked` : undefined;
  const place: Place = { options, isLocalTrial, ...(isLocalTrial ? {} : { refuse }) };
  world.progress(kind === "webhook" ? "calling: webhook, TwiML, stream" : "calling: handshake, stream");
  const made = await callAll(place, speech, world);
  if (options.mayTurnToGet === true && refusesPost(made.calls[0]) && (await takesGet(made.calls[0], options, world))) {
    const { mayTurnToGet: _asked, ...rest } = options;
    const found = await examine({ ...rest, method: "GET" }, speech, world);
    const postRefusedStatus = made.calls[0].call.exchanges[0]?.answer?.status;
    return postRefusedStatus === undefined ? found : { ...found, postRefusedStatus };
  }
  const { calls, placed } = made;
  const [first] = calls;
  world.progress("looking at hosts, certificates and signatures");
  const streamUrl = findStreamUrl(first, target);
  const base = {
    target: { url: target, kind },
    nowMs: world.clock.nowMs(),
    hasToken: options.authToken !== undefined,
    isLocalTrial,
  } as const;
  const lasts = streamUrl === undefined ? undefined : await lastsWithQuery(first, streamUrl.written, place, world);
  const [webhookHost, webhookTries, plays, around] = await Promise.all([
    kind === "webhook" ? hostFacts(target, world) : undefined,
    kind === "webhook" ? tryWebhook(first, options, world) : [],
    fetchPlays(first.call, place.refuse, world),
    lookAround(streamUrl, placed.handshakes, place, world),
  ]);
  return {
    ...base,
    insecure: options.insecure,
    calls,
    webhookHost,
    webhookTries,
    plays,
    streamUrl,
    ...around,
    ...(lasts === undefined ? {} : { lastsWithQuery: lasts }),
  };
}

async function callAll(place: Place, say: Uint8Array, world: DoctorWorld) {
  const dial = (number: number): PlacedCall => placeDoctorCall(place, number, world, DOCTOR_TELEPHONE);
  const placed = dial(1);
  const calls = await playCalls(placed, dial, { calls: place.options.calls, say }, world.clock);
  return { calls, placed };
}

/** Statuses of a path that has no POST: 405, and what Express (404) and others answer. */
function refusesPost({ call }: DoctorCall): boolean {
  const status = call.exchanges[0]?.answer?.status ?? 0;
  return call.options.twiml === undefined && call.streams.length === 0 && [404, 405, 501].includes(status);
}

async function takesGet({ call }: DoctorCall, options: DoctorOptions, world: DoctorWorld): Promise<boolean> {
  return (await webhookAsker(call, { ...options, method: "GET" }, world).ask("by GET", undefined)).isTwiml;
}

function findStreamUrl({ call }: DoctorCall, target: string): Evidence["streamUrl"] {
  const dialled = call.streams[0]?.url;
  if (/^wss?:/i.test(target)) return { written: target, dialled: dialled ?? target };
  const written = documentsOf(call)
    .flatMap(({ root }) => streamElement(root)?.attributes["url"] ?? [])
    .at(-1);
  if (written === undefined) return undefined;
  return { written, dialled: dialled ?? written };
}

/** The unsigned request where the call's was signed; the variants where that was refused. */
async function tryWebhook({ call }: DoctorCall, options: DoctorOptions, world: DoctorWorld): Promise<readonly WebhookTry[]> {
  const status = call.exchanges[0]?.answer?.status;
  if (options.authToken === undefined || status === undefined) return [];
  const asker = webhookAsker(call, options, world);
  const tries = [await asker.ask("unsigned", null)];
  // Some refuse politely: with TwiML that connects to nothing.
  const hasStream = documentsOf(call).some(({ root }) => streamElement(root) !== undefined);
  const isRefused = status >= 400 && call.exchanges[0] !== undefined && refusesSignature(call.exchanges[0]);
  if (status >= 400 && !isRefused) return tries;
  if (status < 400 && (hasStream || tries[0]?.hasStream === true || call.end?.cause === "applicationError")) return tries;
  // One after another: a server that counts failures may shut its door, and the likeliest come first.
  for (const { name, url } of signatureVariants(options.target, options.also)) {
    const tried = await asker.ask(name, url);
    tries.push(tried);
    if (status < 400 ? tried.hasStream : tried.isTwiml) break;
  }
  return tries;
}

type Around = Pick<Evidence, "streamHost" | "handshakes" | "also">;

async function lookAround(
  streamUrl: Evidence["streamUrl"],
  made: readonly HandshakeTry[],
  place: Place,
  world: DoctorWorld,
): Promise<Around> {
  const dialled = streamUrl?.dialled;
  const canDial = dialled !== undefined && /^wss?:\/\/./i.test(dialled) && URL.canParse(dialled);
  if (!canDial || streamUrl === undefined) return { streamHost: undefined, handshakes: made, also: [] };
  const isRefused = place.refuse !== undefined && (await isPrivateTarget(dialled, world));
  const streamHost = isRefused ? await namesOnly(dialled) : await hostFacts(dialled, world);
  const mayTry = !isRefused && streamHost.addresses.some(({ failure }) => failure === undefined);
  const handshakes = [...made, ...(mayTry ? await tryHandshakes(made[0], dialled, streamUrl.written, place.options, world) : [])];
  const also = await Promise.all(place.options.also.map((host) => tryAlso(host, dialled, place.options, world)));
  return { streamHost, handshakes, also };
}

/** A private host that was not asked anything. */
async function namesOnly(url: string): Promise<HostFacts> {
  const { hostname, port } = new URL(url);
  return { url, host: hostname, port: port === "" ? 443 : Number(port), dnsMs: 0, addresses: [] };
}

async function tryAlso(host: string, dialled: string, options: DoctorOptions, world: DoctorWorld): Promise<Evidence["also"][number]> {
  const parsed = new URL(dialled);
  const url = `${parsed.protocol}//${host}${parsed.pathname}`;
  const facts = await hostFacts(url, world);
  const isOpen = facts.addresses.some(({ failure }) => failure === undefined);
  return { host, facts, handshake: isOpen ? await tryHandshake({ variant: "also", url }, options, world) : undefined };
}

/** Whether a handshake opened the stream as Twilio takes it. */
export function isGood(made: HandshakeTry | undefined): boolean {
  if (made?.answer === undefined) return false;
  const { head } = made.answer;
  const unasked = ["sec-websocket-protocol", "sec-websocket-extensions"];
  return (
    badHandshake({ ...head, fields: head.fields.filter(([name]) => !unasked.includes(name.toLowerCase())) }, made.key, undefined) ===
    undefined
  );
}

function pause(ms: number, { clock }: DoctorWorld): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

/** Offers of sub-protocols in any case, and whatever may show why the handshake was not taken, until one is. */
async function tryHandshakes(
  first: HandshakeTry | undefined,
  url: string,
  written: string,
  options: DoctorOptions,
  world: DoctorWorld,
): Promise<readonly HandshakeTry[]> {
  const offers: readonly Trial[] = [
    { variant: "subprotocol", url, offered: [SUBPROTOCOL] },
    { variant: "subprotocols", url, offered: ["mqtt", SUBPROTOCOL] },
  ];
  const attempt = (trial: Trial): Promise<HandshakeTry> => tryHandshake(trial, options, world);
  if (first === undefined) return [await attempt({ variant: "twilio", url })];
  if (isGood(first)) return [await attempt(offers[0] as Trial), await attempt(offers[1] as Trial)];
  const { answer, failure } = first;
  // A host that cannot be connected to fails for every variant, unless its port has opened since.
  if (failure !== undefined && !mayWake.includes(failure.kind)) return [];
  await pause(AWAKEN_MS, world);
  const again = await attempt({ variant: "again", url });
  if (isGood(again) || answer?.head.status === 101 || (answer === undefined && failure?.kind !== "closed")) return [again];
  const query = URL.parse(written, url.replace(/^ws/, "http"))?.search ?? "";
  const { origin } = new URL(url.replace(/^ws/, "http"));
  const trials: readonly Trial[] = [
    ...offers,
    { variant: "origin", url, origin },
    ...(query === "" ? [] : [{ variant: "query", url: `${url}${query}`, signs: url } as const]),
    ...(options.authToken === undefined
      ? []
      : ([
          { variant: "unsigned", url, signs: null },
          { variant: "signed-slash", url, signs: url.endsWith("/") ? url.replace(/\/+$/, "") : `${url}/` },
          { variant: "signed-https", url, signs: url.replace(/^ws/, "http") },
        ] as const)),
  ];
  const tried = [again];
  for (const trial of trials) tried.push(await attempt(trial));
  // A server that wakes meanwhile takes whatever comes by then: whether the difference was it, the plain handshake tells once more. To one that has
  // taken nothing, more time is given.
  if (!tried.some(isGood)) await pause(AWAKEN_LATE_MS, world);
  tried.push(await attempt({ variant: "again", url }));
  return tried;
}
