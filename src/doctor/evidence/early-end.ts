// Why a stream ended before its caller hung up, as far as the time and the message before it show.
// Close codes: RFC 6455, 7.4.1. What Twilio's console shows: https://www.twilio.com/docs/api/errors/31921 and /31903

import type { StreamViolation } from "../../simulators/twilio/telephone/inputs-outputs.ts";
import type { CauseCode } from "../causes/causes.ts";
import { audibleMs, type StreamFacts, seconds } from "./stream-facts.ts";

/** A stream that the server, or the network, ended. */
export interface EarlyEnd {
  /** Undefined: the server finished speaking and hung up properly, which it may. */
  readonly cause: CauseCode | undefined;
  /** Undefined: the test gave the stream up, and Twilio documents no such limit. */
  readonly twilioCode: number | undefined;
  /** When, after what and how: "0.30 s after start, before any audio was sent: close 1011". */
  readonly description: string;
  /** What the close reason or the time suggests. */
  readonly hint: string;
}

/**
 * Undefined: the caller hung up, or a second call was open that may have ended this one, which the checks of
 * concurrency judge.
 */
export function earlyEnd(stream: StreamFacts): EarlyEnd | undefined {
  const { log, hungUpAtMs, endAtMs, broken, openedAtMs, actions, isLimited } = stream;
  const by = log.end?.by;
  const isTogether = !isLimited && actions.some(({ name }) => name === "together");
  if (hungUpAtMs !== undefined || (by !== "server" && by !== "network")) return undefined;
  if (isTogether && broken === undefined) return undefined;
  const { after, cause } = broken === undefined ? whatEnded(stream) : violations[broken.violation];
  const { code, reason = "" } = log.end ?? {};
  const how =
    broken?.bad ?? (by === "network" ? "the connection broke without a close" : `close ${code}${reason === "" ? "" : ` "${reason}"`}`);
  return {
    cause,
    twilioCode: broken?.violation === "flood" ? undefined : broken !== undefined ? 31924 : by === "network" ? 31903 : 31921,
    description: `${seconds(endAtMs - openedAtMs)} after start, ${after}${lastAction(stream)}: ${how}`,
    hint:
      broken === undefined ? hintOf(code, reason, endAtMs - openedAtMs) : "the bytes came from the server or from a proxy, not from Twilio",
  };
}

const violations: Readonly<Record<StreamViolation, End>> = {
  http: { after: "after an HTTP response inside the WebSocket", cause: "stream-http-response" },
  text: { after: "after text that is not in a frame", cause: "stream-protocol-error" },
  compressed: { after: "after a compressed frame", cause: "stream-compressed" },
  frame: { after: "after a frame that breaks RFC 6455", cause: "stream-protocol-error" },
  flood: { after: "after more than any call needs", cause: "stream-flood" },
};

/** How long a server may take to fail on a message, apart from the round trip. */
const REACTION_MS = 150;
/** As {@link REACTION_MS}, for what is sent to test it: nothing else is sent for as long. */
const PROBE_REACTION_MS = 600;
/** What fails after `start`, such as the connection to the model, has failed by then. */
const STARTUP_MS = 3_000;
/** A server that tolerated more marks than these does not fail on the next. */
const MAX_FATAL_MARKS = 3;
/** A server that was heard for less did not hang up on purpose. */
const MIN_SAID_MS = 500;

interface End {
  readonly after: string;
  readonly cause: CauseCode | undefined;
}

/** The last event before the end, if it can be the cause. */
function whatEnded(stream: StreamFacts): End {
  const { fromTwilio, endAtMs, openedAtMs, handshakeMs, actions, log } = stream;
  const windowMs = REACTION_MS + Math.min(1_000, handshakeMs);
  const isRecent = ({ atMs }: { readonly atMs: number }): boolean => endAtMs - atMs <= windowMs;
  const [firstMedia, ...moreMedia] = fromTwilio.filter(({ event }) => event === "media");
  if (firstMedia === undefined) return { after: "before any audio was sent", cause: "stream-closes-on-start" };
  if (isExplained(stream)) return { after: `after ${seconds(stream.heard.totalMs)} of audio`, cause: undefined };
  const probe = actions.findLast(({ name }) => name in probeEnds);
  const probeEnd = probe === undefined || endAtMs - probe.atMs > PROBE_REACTION_MS ? undefined : probeEnds[probe.name];
  if (probeEnd !== undefined) return probeEnd;
  const marks = fromTwilio.filter(({ event }) => event === "mark");
  if (marks.length <= MAX_FATAL_MARKS && marks.some(isRecent)) return { after: "on a returned mark", cause: "mark-drops-stream" };
  if (isRecent(firstMedia)) return { after: "on the first audio", cause: "stream-closes-on-media" };
  const isProperClose = log.end?.code === 1000 || log.end?.code === 1005;
  const saidMs = audibleMs(stream, { fromMs: openedAtMs, untilMs: endAtMs });
  if (isProperClose && saidMs >= MIN_SAID_MS) return { after: `after ${seconds(saidMs)} of sound`, cause: undefined };
  const after = `after ${moreMedia.length + 1} media messages`;
  if (endAtMs - openedAtMs <= STARTUP_MS) return { after, cause: "stream-closes-on-start" };
  return { after, cause: log.end?.by === "network" ? "stream-dropped" : "stream-closes-on-media" };
}

/** A reason that reports a failure, and is not a server's way of saying that it is done. */
const failureReason = /error|exception|fail|invalid|unexpected|unknown|unsupported|undefined|null|missing|denied|timeout|traceback/i;

/** Whether the server closed normally, after audio that was heard, and said why: a server that is done does so. */
function isExplained({ log: { end }, heard }: StreamFacts): boolean {
  const reason = end?.reason ?? "";
  return end?.code === 1000 && reason !== "" && !failureReason.test(reason) && heard.totalMs > 0;
}

const probeEnds: Readonly<Record<string, End>> = {
  pressed: { after: "on a key press", cause: "stream-closes-on-dtmf" },
  "sent.unknown-field": { after: "on a media message with an unknown field", cause: "stream-closes-on-unknown-message" },
  "sent.unknown-event": { after: "on an unknown event", cause: "stream-closes-on-unknown-message" },
};

const speech: Readonly<Record<string, string>> = {
  spoke: ", after the caller began to speak",
  listened: ", after the caller had spoken",
  interrupted: ", after the caller spoke over the reply",
};

/** What the caller was doing, where that may have been the cause. */
function lastAction({ actions, endAtMs }: StreamFacts): string {
  return speech[actions.findLast(({ atMs }) => atMs <= endAtMs)?.name ?? ""] ?? "";
}

const reasonHints: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [/api.?key|openai|401|incorrect key|model/i, "the reason is about the model: check its API key, name and quota"],
  [
    /token|auth|forbidden|signature|policy/i,
    "the reason is about authentication: whatever identifies a call must be in <Parameter> or the path",
  ],
  [/parameter|custom/i, "the reason is about parameters: check the <Parameter> elements in the TwiML"],
  [/timeout|idle/i, "the reason is a timeout"],
];

function hintOf(code: number | undefined, reason: string, afterMs: number): string {
  const hint = reasonHints.find(([pattern]) => pattern.test(reason))?.[1];
  if (hint !== undefined) return hint;
  if (code === 1008) return "1008 means a policy: the server does not allow this call";
  if (code === 1011 || code === 1006) {
    const early = "; a missing API key is the usual reason";
    const late = code === 1006 ? "; or a proxy's idle timeout ended the connection" : "";
    return `the server's code threw or its process died: look for the exception in its log${afterMs < STARTUP_MS ? early : late}`;
  }
  if (code === 1003 || code === 1007) return "the server does not accept this kind of message";
  if (code === 1009) return "a message was too long for the server";
  if (afterMs < STARTUP_MS)
    return "this soon after start, the usual causes are a missing API key, and a model session that is opened or awaited before start is read";
  return "look at the server's log of this moment";
}
