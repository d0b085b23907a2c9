// Tries the stream's handshake on connections of its own: again, offering subprotocols, and with what
// Twilio does not send. Each connection is hung up as soon as it is answered. Judged in doctor/checks/handshake.ts.
// Follows RFC 6455 section 4

import { latin1Text } from "../../protocol/bytes.ts";
import type { HttpFields, HttpHead } from "../../protocol/http/message.ts";
import type { FromTwilio } from "../../protocol/media-streams/media-streams.ts";
import { formatFromTwilio } from "../../protocol/media-streams/simulator.ts";
import { signRequest } from "../../protocol/signature.ts";
import { checkHandshakeResponse } from "../../protocol/websocket/handshake.ts";
import { RawWebSocket } from "../../simulators/sockets/raw-websocket.ts";
import { sid, webSocketKey } from "../../simulators/twilio/seeded-ids.ts";
import type { NetworkFailure } from "../../simulators/twilio/webhook-answer.ts";
import type { Evidence, HandshakeTry } from "../evidence/evidence.ts";
import type { DoctorOptions, DoctorWorld } from "../options.ts";

/** The same limits as in a call. */
const CONNECT_MS = 5_000;
const TOTAL_MS = 10_000;
/** Characters kept of a rejection's body. */
const BODY_CHARS = 16_384;
/** How long to wait for an open socket to close before dropping the connection. */
const CLOSE_MS = 500;
/** A server that ends a socket for its subprotocol does so at once. */
const WATCH_MS = 400;
/** A session with a model is open within a second. https://developers.openai.com/api/docs/guides/realtime-websocket */
const HELD_FRAMES = 50;
const FRAME_MS = 20;
/** 20 ms of PCMU silence. */
const SILENCE = `${"////////".repeat(26)}/////w==`;
/** Failures after which a later handshake may succeed. */
const mayWake: readonly NetworkFailure[] = ["closed", "totalTimeout", "readTimeout", "refused", "connectTimeout"];
/** Many guides say that Twilio offers this subprotocol. It does not. */
const SUBPROTOCOL = "audio.twilio.com";

export interface HandshakeTrial {
  readonly variant: HandshakeTry["variant"];
  readonly url: string;
  readonly offered?: readonly string[];
  /** Undefined: signed for `url`. */
  readonly signs?: string | null;
  readonly origin?: string;
  /** How long the open socket is watched for an end by the server. Default 0. */
  readonly waitMs?: number;
}

/** Never rejects: a failure is part of the result. */
export function tryHandshake(trial: HandshakeTrial, options: DoctorOptions, world: DoctorWorld): Promise<HandshakeTry> {
  const { clock, trust, random } = world;
  const { variant, url, offered = [], waitMs = 0 } = trial;
  const atMs = clock.nowMs();
  const key = webSocketKey(String(atMs), `${variant}${url}`);
  const fields = fieldsOf(trial, options);
  const dial = { type: "socket.dial", id: 0, url, key, fields, connectTimeoutMs: CONNECT_MS, totalTimeoutMs: TOTAL_MS } as const;
  world.trace({ atMs, variant, ...dial });
  return new Promise((resolve) => {
    const finish = (rest: Pick<HandshakeTry, "answer" | "failure" | "ended">, ms = clock.nowMs() - atMs): void => {
      world.trace({ type: "handshake", variant, atMs: clock.nowMs(), ...rest });
      resolve({ variant, url, offered, atMs, ms, key, ...rest });
    };
    let opened: { readonly head: HttpHead; readonly ms: number } | undefined;
    const finishOpen = (ended?: string): void => {
      if (opened === undefined) return;
      const { head, ms } = opened;
      opened = undefined;
      finish({ answer: { head, body: "" }, ...(ended === undefined ? {} : { ended }) }, ms);
    };
    const socket = new RawWebSocket(dial, { clock, trust, random }, (event) => {
      if (event.type === "socket.opened") {
        opened = { head: event.head, ms: clock.nowMs() - atMs };
        clock.after(waitMs, () => {
          finishOpen();
          hangUp(socket, key, world);
        });
      } else if (event.type === "socket.rejected") {
        finish({ answer: { head: event.head, body: latin1Text(event.body).slice(0, BODY_CHARS) } });
      } else if (event.type === "socket.failed") {
        finish({ failure: { kind: event.failure, detail: event.detail } });
      } else if (event.type === "socket.closed") {
        finishOpen(`close ${event.code}${event.reason === "" ? "" : ` "${event.reason}"`}`);
      } else if (event.type === "socket.broken") {
        finishOpen(event.bad);
      }
    });
  });
}

/**
 * Ends an open socket as a caller does who hangs up at once: `start`, a moment of silence, `stop`, then a close.
 * Servers open their model's session on `start`, and some end it only on `stop`: one that comes before the session is
 * there would leave it open.
 */
function hangUp(socket: RawWebSocket, seed: string, { clock }: DoctorWorld): void {
  const [accountSid, callSid, streamSid] = [sid("AC", seed, "account"), sid("CA", seed, "call"), sid("MZ", seed, "stream")];
  const mediaFormat = { encoding: "audio/x-mulaw", sampleRateHz: 8000, channels: 1 };
  const send = (message: FromTwilio): void => socket.text(formatFromTwilio(message));
  send({ type: "connected", protocol: "Call", version: "1.0.0" });
  send({ type: "start", sequenceNumber: 1, streamSid, accountSid, callSid, tracks: ["inbound"], mediaFormat, customParameters: {} });
  for (let chunk = 1; chunk <= HELD_FRAMES; chunk += 1) {
    const media = { track: "inbound", chunk, timestampMs: (chunk - 1) * FRAME_MS, payload: SILENCE } as const;
    clock.after(chunk * FRAME_MS, () => send({ type: "media", sequenceNumber: chunk + 1, streamSid, ...media }));
  }
  clock.after((HELD_FRAMES + 1) * FRAME_MS, () => {
    send({ type: "stop", sequenceNumber: HELD_FRAMES + 2, streamSid, accountSid, callSid });
    socket.close(1000, ""); // a normal close (RFC 6455 section 7.4.1)
    clock.after(CLOSE_MS, () => socket.drop());
  });
}

function fieldsOf({ url, offered = [], signs, origin }: HandshakeTrial, { authToken, userAgent }: DoctorOptions): HttpFields {
  const isSigned = authToken !== undefined && signs !== null;
  return [
    ["User-Agent", userAgent ?? "Twilio.TmeWs/1.0"],
    ...(isSigned ? ([["X-Twilio-Signature", signRequest(authToken, signs ?? url, {})]] as const) : []),
    ...(offered.length === 0 ? [] : ([["Sec-WebSocket-Protocol", offered.join(", ")]] as const)),
    ...(origin === undefined ? [] : ([["Origin", origin]] as const)),
  ];
}

/** Whether Twilio accepts the answer. It tolerates a subprotocol and an extension that it did not offer. */
function isAccepted(handshake: HandshakeTry | undefined): boolean {
  if (handshake?.answer === undefined) return false;
  const { head } = handshake.answer;
  const tolerated = ["sec-websocket-protocol", "sec-websocket-extensions"];
  const fields = head.fields.filter(([name]) => !tolerated.includes(name.toLowerCase()));
  return checkHandshakeResponse({ ...head, fields }, handshake.key, undefined) === undefined;
}

/**
 * Always offers subprotocols. If the call's own handshake `first` was rejected, also tries what may show why. `url` is
 * dialled, `written` is in the TwiML.
 */
export async function tryHandshakes(
  first: HandshakeTry | undefined,
  { dialled: url, written, signed = url }: NonNullable<Evidence["streamUrl"]>,
  options: DoctorOptions,
  world: DoctorWorld,
): Promise<readonly HandshakeTry[]> {
  const offers: readonly HandshakeTrial[] = [
    { variant: "subprotocol", url, offered: [SUBPROTOCOL], waitMs: WATCH_MS },
    { variant: "subprotocols", url, offered: ["mqtt", SUBPROTOCOL], waitMs: WATCH_MS },
  ];
  const attempt = (trial: HandshakeTrial): Promise<HandshakeTry> => tryHandshake({ signs: signed, ...trial }, options, world);
  if (first === undefined) return [await attempt({ variant: "twilio", url })];
  if (isAccepted(first)) {
    const offering = [await attempt(offers[0] as HandshakeTrial), await attempt(offers[1] as HandshakeTrial)];
    const isFine = offering.every((one) => one.answer?.head.status === 101 && one.ended === undefined);
    // Without an offer once more: whether it was the offer, or the server has enough of handshakes.
    return isFine ? offering : [...offering, await attempt({ variant: "again", url, waitMs: WATCH_MS })];
  }
  const { answer, failure } = first;
  // A host that rejects connections fails for every variant, unless its port has opened since.
  if (failure !== undefined && !mayWake.includes(failure.kind)) return [];
  const again = await attempt({ variant: "again", url });
  if (isAccepted(again) || answer?.head.status === 101 || (answer === undefined && failure?.kind !== "closed")) return [again];
  const query = URL.parse(written, url.replace(/^ws/, "http"))?.search ?? "";
  const { origin } = new URL(url.replace(/^ws/, "http"));
  const trials: readonly HandshakeTrial[] = [
    ...offers,
    { variant: "origin", url, origin },
    ...(query === "" ? [] : [{ variant: "query", url: `${url}${query}` } as const]),
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
  // A server that wakes up meanwhile accepts whatever comes next. Repeating the plain handshake shows whether that was
  // the difference. It had ten seconds already: play-calls.ts places a failed call again.
  tried.push(await attempt({ variant: "again", url }));
  return tried;
}
