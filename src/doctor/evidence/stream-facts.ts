// What a call's first open stream shows: the messages of both sides and what is wrong with each, what the caller heard,
// and how it ended.
// Facts; the checks judge them.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages

import { isBad } from "../../protocol/bad.ts";
import { isObject, parseJson } from "../../protocol/fields.ts";
import type { ToTwilio } from "../../protocol/media-streams/media-streams.ts";
import { parseToTwilio } from "../../protocol/media-streams/simulator.ts";
import { audibleFromDbfs, audibleSpans, type Span } from "../../simulators/twilio/heard-audio.ts";
import type { HeardAudio } from "../../simulators/twilio/playback.ts";
import type { StreamLog } from "../../simulators/twilio/telephone/telephone-state.ts";
import type { CallerAction, DoctorCall, Evidence, StreamFrame } from "./evidence.ts";
import { type IgnoredBecause, ignoredBecause } from "./ignored-frame.ts";

export interface StreamFacts {
  readonly log: StreamLog;
  readonly openedAtMs: number;
  /** From the dial to the 101: at least a round trip. */
  readonly handshakeMs: number;
  readonly fromServer: readonly ServerFrame[];
  readonly fromTwilio: readonly { readonly atMs: number; readonly event: string }[];
  readonly heard: HeardAudio;
  /** When something audible was played to the caller. */
  readonly spans: readonly Span[];
  /** What is quieter counts as silence: it is inaudible, or the background of a stream that never falls silent. */
  readonly audibleFromDbfs: number;
  readonly actions: readonly CallerAction[];
  /** As in DoctorCall. */
  readonly isLimited: boolean;
  /** Undefined: the stream ended before the caller hung up. */
  readonly hungUpAtMs: number | undefined;
  readonly endAtMs: number;
  /** The server's closing frame, even when it only answers ours. */
  readonly closed: Extract<StreamFrame, { type: "closed" }> | undefined;
  /** Why the stream was given up, if it was. */
  readonly broken: Extract<StreamFrame, { type: "broken" }> | undefined;
}

/** A message that Twilio accepts, perhaps with fields too many (`extra`), or a frame that it ignores and why. */
export type ServerFrame =
  | { readonly atMs: number; readonly message: ToTwilio; readonly extra?: string; readonly text?: string; readonly bad?: never }
  | {
      readonly atMs: number;
      readonly message?: never;
      readonly extra?: never;
      readonly bad: IgnoredBecause;
      readonly problem: string;
      readonly text: string;
    };

/** Undefined: none of the call's streams opened. Each call is read once, because every check asks. */
export function streamFacts(call: DoctorCall): StreamFacts | undefined {
  const known = factsByCall.get(call);
  if (known !== undefined) return known;
  const facts = readFacts(call);
  if (facts !== undefined) factsByCall.set(call, facts);
  return facts;
}

const factsByCall = new WeakMap<DoctorCall, StreamFacts>();

function readFacts({ call, frames, actions, isLimited = false }: DoctorCall): StreamFacts | undefined {
  const log = call.streams.find(({ openedAtMs }) => openedAtMs !== undefined);
  if (log?.openedAtMs === undefined) return undefined;
  const { openedAtMs, streamSid, end } = log;
  const endAtMs = end?.atMs ?? frames.at(-1)?.atMs ?? openedAtMs;
  const own = frames.filter(({ atMs }) => atMs >= openedAtMs && atMs <= endAtMs);
  const heard = log.heard ?? { keepMs: 0, pieces: [], totalMs: 0 };
  return {
    log,
    openedAtMs,
    handshakeMs: openedAtMs - log.dialledAtMs,
    fromServer: own.flatMap((frame) => readServerFrame(frame, streamSid)),
    fromTwilio: own.flatMap((frame) =>
      frame.from === "twilio" && frame.type === "text" ? [{ atMs: frame.atMs, event: eventOf(parseJson(frame.text)) }] : [],
    ),
    heard,
    spans: audibleSpans(heard),
    audibleFromDbfs: audibleFromDbfs(heard),
    actions,
    isLimited,
    hungUpAtMs: actions.find(({ name }) => name === "hung-up")?.atMs,
    endAtMs,
    closed: own.find((frame) => frame.type === "closed"),
    broken: own.find((frame) => frame.type === "broken"),
  };
}

/** The stream of the first call, which the server is judged by. */
export function firstStream({ calls: [first] }: Evidence): StreamFacts | undefined {
  return first === undefined ? undefined : streamFacts(first);
}

/** The first action of this name. */
export function actionOf({ actions }: StreamFacts, name: CallerAction["name"]): CallerAction | undefined {
  return actions.find((action) => action.name === name);
}

/** Milliseconds of audible sound within a span, short pauses in speech included. */
export function audibleMs({ spans }: StreamFacts, { fromMs, untilMs }: Span): number {
  return spans.reduce((sum, span) => sum + Math.max(0, Math.min(span.untilMs, untilMs) - Math.max(span.fromMs, fromMs)), 0);
}

/**
 * Milliseconds from the caller's last word to the answer; negative when it began while the caller spoke. `overlap`: the
 * agent talked the whole time. Undefined: no answer, or the caller did not speak.
 */
export function answerDelay(stream: StreamFacts): number | "overlap" | undefined {
  const spoke = actionOf(stream, "spoke");
  if (spoke?.untilMs === undefined) return undefined;
  const { atMs, untilMs } = spoke;
  const during = stream.spans.find(({ fromMs }) => fromMs >= atMs && fromMs < untilMs);
  const answer = during ?? stream.spans.find(({ fromMs }) => fromMs >= untilMs - 20);
  if (answer !== undefined) return answer.fromMs - untilMs;
  return stream.spans.some((span) => span.fromMs < atMs && span.untilMs > untilMs) ? "overlap" : undefined;
}

/** "0.42 s". */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(Math.abs(ms) < 10_000 ? 2 : 1)} s`;
}

/** The beginning of a frame, with its payload cut. */
export function excerpt(text: string): string {
  const short = text.replaceAll(/[A-Za-z0-9+/=]{60,}/g, (run) => `${run.slice(0, 24)}...(${run.length} characters)`);
  return short.length > 240 ? `${short.slice(0, 240)}...` : short;
}

function eventOf(value: unknown): string {
  return isObject(value) && typeof value["event"] === "string" ? value["event"] : "";
}

function readServerFrame(frame: StreamFrame, streamSid: string): readonly ServerFrame[] {
  if (frame.from !== "server") return [];
  const { atMs } = frame;
  if (frame.type === "binary") return [{ atMs, bad: "media-binary", problem: `a binary frame of ${frame.bytes} bytes`, text: "" }];
  if (frame.type !== "text") return [];
  const message = parseToTwilio(frame.text, streamSid);
  if (!isBad(message)) return [{ atMs, message }];
  if (message.played !== undefined) return [{ atMs, message: message.played, extra: message.bad, text: frame.text }];
  return [{ atMs, bad: ignoredBecause(frame.text, streamSid), problem: message.bad, text: frame.text }];
}
