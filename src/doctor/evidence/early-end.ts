// Why a server ended a stream before its caller hung up, as far as time and the message before can tell. Facts for doctor-{start,media,hangup}.ts.
// Close codes: RFC 6455, 7.4.1. What Twilio's console shows: https://www.twilio.com/docs/api/errors/31921 and /31903

import type { CauseCode } from "../causes/causes.ts";
import { audibleMs, type StreamFacts, seconds } from "./stream-facts.ts";

/** A stream that the server, or the network, ended. */
export interface EarlyEnd {
  /** Undefined: the server said its piece and hung up in order, as servers may. */
  readonly cause: CauseCode | undefined;
  readonly twilioCode: number;
  /** After what, and how. */
  readonly told: string;
  /** What the reason or the time points to. */
  readonly hint: string;
}

/** A server may take so long to fall over a message, beside the way there and back. */
const REACTION_MS = 150;
/** What fails after `start`, a connection to the model first of all, has failed by then. */
const STARTING_MS = 3_000;
/** A server that has borne more marks than these does not fall over the next. */
const BORNE_MARKS = 3;
/** As much must have been heard of a server that is believed to have hung up on purpose. */
const LEAST_SAID_MS = 500;

/** How a stream ended, when not by its caller; undefined: by its caller. What ends while a second call is up is the checks of concurrency's. */
export function earlyEnd(facts: StreamFacts): EarlyEnd | undefined {
  const { log, hungUpAtMs, endAtMs, broken, openedAtMs, actions } = facts;
  const by = log.end?.by;
  const isTogether = actions.some(({ name }) => name === "together");
  if (hungUpAtMs !== undefined || isTogether || (by !== "server" && by !== "network")) return undefined;
  const [after, cause] = broken === undefined ? whatEnded(facts) : (["a frame that breaks RFC 6455", "stream-protocol-error"] as const);
  const { code, reason = "" } = log.end ?? {};
  const how = broken ?? (by === "network" ? "the connection broke without a close" : `close ${code}${reason === "" ? "" : ` "${reason}"`}`);
  return {
    cause,
    twilioCode: broken !== undefined ? 31924 : by === "network" ? 31903 : 31921,
    told: `${seconds(endAtMs - openedAtMs)} after start, ${after}${lastDone(facts)}: ${how}`,
    hint: hintOf(code, reason, endAtMs - openedAtMs),
  };
}

const doings: Readonly<Record<string, string>> = {
  spoke: "when the caller had begun to speak",
  listened: "when the caller had spoken",
  interrupted: "when the caller spoke over the reply",
};

/** What the caller was at, where that may be what the server fell over. */
function lastDone({ actions, endAtMs }: StreamFacts): string {
  const doing = doings[actions.findLast(({ atMs }) => atMs <= endAtMs)?.name ?? ""];
  return doing === undefined ? "" : `, ${doing}`;
}

type Ended = readonly [after: string, cause: CauseCode | undefined];

/** What was done last before the end, if the end can be its consequence. */
function whatEnded(facts: StreamFacts): Ended {
  const { fromTwilio, endAtMs, openedAtMs, handshakeMs, actions, log } = facts;
  const windowMs = REACTION_MS + Math.min(1_000, handshakeMs);
  const isRecent = ({ atMs }: { readonly atMs: number }): boolean => endAtMs - atMs <= windowMs;
  const media = fromTwilio.filter(({ event }) => event === "media");
  if (media.length === 0) return ["before any audio was sent", "stream-closes-on-start"];
  const probe = actions.findLast(({ name }) => name.startsWith("sent.") || name === "pressed");
  // The windows between probes are wider than a reaction: the last one counts.
  if (probe?.name === "pressed" && endAtMs - probe.atMs <= 600) return ["on a key that was pressed", "stream-closes-on-dtmf"];
  if (probe !== undefined && endAtMs - probe.atMs <= 600)
    return [
      probe.name === "sent.unknown-field" ? "on a media message with a field that nobody knows" : "on an event that nobody knows",
      "stream-closes-on-unknown-message",
    ];
  const marks = fromTwilio.filter(({ event }) => event === "mark");
  if (marks.length <= BORNE_MARKS && marks.some(isRecent)) return ["on a mark that came back", "mark-drops-stream"];
  const [first] = media;
  if (first !== undefined && isRecent(first)) return ["on the first audio", "stream-closes-on-media"];
  const isOrderly = log.end?.code === 1000 || log.end?.code === 1005;
  const saidMs = audibleMs(facts, { fromMs: openedAtMs, untilMs: endAtMs });
  if (isOrderly && saidMs >= LEAST_SAID_MS) return [`having said something for ${seconds(saidMs)}`, undefined];
  if (endAtMs - openedAtMs <= STARTING_MS) return [`after ${media.length} media messages`, "stream-closes-on-start"];
  return [`after ${media.length} media messages`, log.end?.by === "network" ? "stream-dropped" : "stream-closes-on-media"];
}

const hints: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [/api.?key|openai|401|incorrect key|model/i, "the reason speaks of the model: look at its API key, its name and its quota"],
  [
    /token|auth|forbidden|signature|policy/i,
    "the reason speaks of authorization: what identifies a call has to come in <Parameter> or the path",
  ],
  [/parameter|custom/i, "the reason speaks of parameters: see what the TwiML's <Parameter>s give"],
  [/timeout|idle/i, "the reason speaks of a timeout"],
];

function hintOf(code: number | undefined, reason: string, afterMs: number): string {
  const hint = hints.find(([pattern]) => pattern.test(reason))?.[1];
  if (hint !== undefined) return hint;
  if (code === 1008) return "1008 is a policy: the server does not let this call in";
  if (code === 1011 || code === 1006)
    return "the server's code threw, or its process died: its log has the exception; a missing API key is the usual one";
  if (code === 1003 || code === 1007) return "the server does not take this kind of message";
  if (code === 1009) return "a message was too long for the server";
  if (afterMs < STARTING_MS)
    return "so soon after start, the usual causes are a missing API key, and a model session that is opened, or awaited, before start has been read";
  return "the server's log of this moment has the reason";
}
